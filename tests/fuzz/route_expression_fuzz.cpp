// libFuzzer target: any text is either a condition that can be evaluated or an error with a column.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "server/route/expression.h"

namespace {

class Values final : public pincer::ExpressionValues {
 public:
  pincer::ExpressionValue get(std::size_t index) const override {
    if (index == 0) return true;
    if (index == 1) return 7.0;
    if (index == 2) return std::string_view("text");
    std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Type = pincer::ExpressionName::Type;
  static const std::vector<pincer::ExpressionName> names = {
      {"a", Type::boolean}, {"n.b", Type::number}, {"s", Type::text}};
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto parsed = pincer::parse_expression(source, names);
  if (!parsed) {
    if (!parsed.error().message.starts_with("column ")) std::abort();
    return 0;
  }
  const bool first = parsed->holds(Values());
  if (parsed->empty() || first != parsed->holds(Values())) std::abort();
  return 0;
}
