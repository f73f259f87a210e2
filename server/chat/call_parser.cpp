#include "server/chat/call_parser.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

using Kind = AnswerPart::Kind;

constexpr std::string_view kJsonSpace = " \t\r\n";
constexpr std::size_t kMostHead = 512;  // bytes; a longer one is read when the object is whole
constexpr std::size_t kMostDepth = 64;  // what a model nests deeper is no call

// Walks over a text that may end too early. After a failure nothing matches any more.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool literal(std::string_view word) {
    if (failed_) return false;
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kJsonSpace), rest_.size()));
    const std::size_t common = std::min(word.size(), rest_.size());
    if (rest_.substr(0, common) != word.substr(0, common)) return fail(false);
    if (common < word.size()) return fail(true);
    rest_.remove_prefix(common);
    return true;
  }
  bool either(std::string_view a, std::string_view b) {
    const Cursor before = *this;
    if (literal(a)) return true;
    const bool cut = ended_;
    *this = before;
    if (literal(b)) return true;
    ended_ = ended_ || cut;
    return false;
  }
  // A string without escapes: no name of a tool has any.
  bool text(std::string_view& out) {
    if (!literal("\"")) return false;
    const std::size_t end = rest_.find_first_of("\"\\");
    if (end == std::string_view::npos) return fail(true);
    if (rest_[end] == '\\') return fail(false);
    out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }
  // It failed because the text ended: more of it may match.
  bool ended() const { return ended_; }
  std::string_view rest() const { return rest_; }

 private:
  bool fail(bool ended) {
    failed_ = true;
    ended_ = ended;
    return false;
  }

  std::string_view rest_;
  bool failed_ = false, ended_ = false;
};

const json::object* arguments_of(const json::object& call) {
  for (const char* key : {"arguments", "parameters"}) {
    if (const json::value* value = call.if_contains(key)) return value->if_object();
  }
  return nullptr;
}

json::parse_options call_options() {
  json::parse_options options;
  options.max_depth = kMostDepth;
  return options;
}

}  // namespace

CallParser::CallParser(const std::vector<std::string>& tools)
    : tools_(tools), json_(json::storage_ptr(), call_options()) {}

bool CallParser::known(std::string_view name) const {
  return std::ranges::find(tools_, name) != tools_.end();
}

void CallParser::begin(std::string_view name, std::vector<AnswerPart>& out) {
  begun_ = true;
  out.push_back({Kind::call, std::string(name), random_id("call_")});
}

// False when it cannot be the JSON that the parser has begun to read.
bool CallParser::parse(std::string_view json) {
  boost::system::error_code error;
  json_.write(json.data(), json.size(), error);
  if (!error && extent_.closed()) json_.finish(error);
  return !error;
}

CallParser::State CallParser::push(std::string& text, std::vector<AnswerPart>& out) {
  State state = State::whole;
  if (stage_ == Stage::head) {
    state = read_head(text, out);
    if (state != State::whole) return state;
  }
  if (stage_ == Stage::object) return read_object(text, out);
  if (stage_ == Stage::arguments) state = read_arguments(text, out);
  return state == State::whole ? read_tail(text) : state;
}

// Whole: the next stage is known.
CallParser::State CallParser::read_head(std::string& text, std::vector<AnswerPart>& out) {
  Cursor cursor(text);
  std::string_view name;
  const bool usual = cursor.literal("{") && cursor.literal("\"name\"") && cursor.literal(":") &&
                     cursor.text(name) && cursor.literal(",") &&
                     cursor.either("\"arguments\"", "\"parameters\"") && cursor.literal(":") &&
                     cursor.literal("{");
  if (usual) {
    if (!known(name)) return State::broken;
    begin(name, out);
    text.erase(0, text.size() - cursor.rest().size() - 1);  // the brace is read again
    stage_ = Stage::arguments;
    return State::whole;
  }
  if (cursor.ended() && text.size() <= kMostHead) return State::more;
  text.erase(0, text.find_first_not_of(kJsonSpace));
  if (!text.starts_with('{')) return State::broken;
  stage_ = Stage::object;
  return State::whole;
}

CallParser::State CallParser::read_arguments(std::string& text, std::vector<AnswerPart>& out) {
  const std::size_t size = extent_.push(text);
  if (!parse(std::string_view(text).substr(0, size))) return State::broken;
  if (size > 0) out.push_back({Kind::arguments, text.substr(0, size), {}});
  text.erase(0, size);
  if (!extent_.closed()) return State::more;
  stage_ = Stage::tail;
  return State::whole;
}

CallParser::State CallParser::read_tail(std::string& text) {
  if (!in_more_members_) {
    Cursor cursor(text);
    if (cursor.literal("}")) {
      text.erase(0, text.size() - cursor.rest().size());
      return State::whole;
    }
    if (cursor.ended()) return State::more;
    // Others may follow, such as Mistral's "id", which nobody needs.
    Cursor again(text);
    if (!again.literal(",")) return State::broken;
    in_more_members_ = true;
    tail_.push("{");
  }
  text.erase(0, tail_.push(text));
  return tail_.closed() ? State::whole : State::more;
}

CallParser::State CallParser::read_object(std::string& text, std::vector<AnswerPart>& out) {
  const std::string_view fresh = std::string_view(text).substr(scanned_);
  const std::size_t size = extent_.push(fresh);
  if (!parse(fresh.substr(0, size))) return State::broken;
  scanned_ += size;
  if (!extent_.closed()) return State::more;
  const json::value call = json_.release();
  const json::object* object = call.if_object();
  const json::value* name = object != nullptr ? object->if_contains("name") : nullptr;
  const json::object* arguments = object != nullptr ? arguments_of(*object) : nullptr;
  if (name == nullptr || !name->is_string() || arguments == nullptr || !known(name->get_string()))
    return State::broken;
  begin(name->get_string(), out);
  out.push_back({Kind::arguments, json::serialize(*arguments), {}});
  text.erase(0, scanned_);
  return State::whole;
}

}  // namespace pincer
