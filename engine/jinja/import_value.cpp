#include "engine/jinja/import_value.h"

#include <limits>
#include <string>
#include <vector>

#include "engine/jinja/budget.h"
#include "engine/jinja/ops.h"

namespace pincer::jinja {
namespace {

class Importer {
 public:
  explicit Importer(const Limits& limits) : budget_(unpaid(limits)) {}

  Val convert(const Value& value) {
    budget_.check_depth(++depth_);
    Val result = std::visit([this](const auto& data) { return convert_one(data); }, value.data());
    --depth_;
    return result;
  }

 private:
  static Limits unpaid(Limits limits) {
    limits.steps = std::numeric_limits<std::int64_t>::max();
    return limits;
  }

  Val convert_one(std::monostate) { return None{}; }
  Val convert_one(bool value) { return value; }
  Val convert_one(std::int64_t value) { return value; }
  Val convert_one(double value) { return value; }
  Val convert_one(const TextPiece& piece) { return make_text(Text(piece.text, piece.trusted)); }
  Val convert_one(const std::shared_ptr<List>& list) {
    std::vector<Val> items;
    items.reserve(list->size());
    for (const Value& item : *list) items.push_back(convert(item));
    return make_list(budget_, std::move(items));
  }
  Val convert_one(const std::shared_ptr<Object>& object) {
    auto dict = std::make_shared<Dict>();
    for (const auto& [key, value] : *object) {
      dict->set(budget_, make_text(Text(key, false)), convert(value));
    }
    return DictRef(std::move(dict));
  }

  Budget budget_;
  int depth_ = 0;
};

}  // namespace

Val import_value(const Limits& limits, const Value& value) {
  return Importer(limits).convert(value);
}

}  // namespace pincer::jinja
