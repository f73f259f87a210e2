#include "server/api/openai_tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "server/api/request_limits.h"
#include "server/api/tool_json.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostNameBytes = 128;

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kMostNameBytes && std::ranges::all_of(name, allowed);
}

class ToolsParser {
 public:
  ToolsParser(JsonFields& fields, ToolForm form, ChatRequest& chat, std::optional<Problem>& problem)
      : fields_(fields), form_(form), chat_(chat), problem_(problem) {}

  void parse() {
    parse_tools();
    parse_choice();
    fields_.boolean("parallel_tool_calls", chat_.parallel_tool_calls);
  }

 private:
  // The object that names a function, and where it is: `object` itself, or its "function".
  struct Named {
    const json::object* object = nullptr;
    std::string prefix;
  };
  Named function_of(const json::object& object, const std::string& prefix) {
    JsonFields fields(object, prefix, problem_);
    std::string type;
    if (!fields.text("type", type)) fields.wrong_value("type", "it must be given");
    if (type != "function") {
      fields.unsupported(
          "type", fmt::format("tools of type '{}' are not supported, only 'function'", type));
    }
    if (form_ == ToolForm::flat) return {&object, prefix};
    const json::object* inner = fields.object("function");
    if (inner == nullptr) fields.wrong_value("function", "it must be given");
    return {inner, prefix + "function."};
  }

  std::string parse_name(JsonFields& fields) {
    std::string name;
    if (!fields.text("name", name)) fields.wrong_value("name", "it must be given");
    if (!is_name(name)) {
      fields.wrong_value("name", fmt::format("it has 1 to {} letters, digits, underscores and "
                                             "dashes",
                                             kMostNameBytes));
    }
    return name;
  }

  void parse_tools() {
    const json::value* tools = fields_.find("tools");
    if (tools == nullptr) return;
    if (!tools->is_array()) return fields_.wrong_type("tools", "an array", *tools);
    const json::array& array = tools->get_array();
    if (array.size() > kMaxTools)
      return fields_.wrong_value("tools", fmt::format("at most {} are taken", kMaxTools));
    for (std::size_t i = 0; i < array.size() && !problem_; ++i) {
      const std::string name = fmt::format("tools[{}]", i);
      if (!array[i].is_object()) return fields_.wrong_type(name, "an object", array[i]);
      parse_tool(array[i].get_object(), name + ".");
    }
    check_tools(fields_, chat_.tools);
  }

  void parse_tool(const json::object& object, const std::string& prefix) {
    const Named function = function_of(object, prefix);
    if (problem_) return;
    JsonFields fields(*function.object, function.prefix, problem_);
    Tool tool;
    tool.name = parse_name(fields);
    fields.text("description", tool.description);
    fields.boolean("strict", tool.strict);
    if (const json::object* schema = fields.object("parameters"))
      tool.parameters = json::serialize(*schema);
    if (find(tool.name))
      fields.wrong_value("name", fmt::format("there are two tools '{}'", tool.name));
    chat_.tools.push_back(std::move(tool));
  }

  bool find(std::string_view name) const {
    return std::ranges::find(chat_.tools, name, &Tool::name) != chat_.tools.end();
  }

  void parse_choice() {
    const json::value* choice = fields_.find("tool_choice");
    if (choice == nullptr) return;
    if (choice->is_string()) return parse_mode(fields_, "tool_choice", true);
    if (!choice->is_object())
      return fields_.wrong_type("tool_choice", "a string or an object", *choice);
    const json::object& object = choice->get_object();
    std::string type;
    JsonFields fields(object, "tool_choice.", problem_);
    fields.text("type", type);
    if (type == "allowed_tools") return parse_allowed(object);
    const Named function = function_of(object, "tool_choice.");
    if (problem_) return;
    JsonFields inner(*function.object, function.prefix, problem_);
    chat_.tool_choice.kind = ToolChoice::Kind::named;
    chat_.tool_choice.name = parse_name(inner);
    if (!find(chat_.tool_choice.name))
      inner.wrong_value("name", fmt::format("'{}' is none of 'tools'", chat_.tool_choice.name));
  }

  void parse_mode(JsonFields& fields, std::string_view key, bool may_be_none) {
    using Kind = ToolChoice::Kind;
    std::string mode;
    fields.text(key, mode);
    if (mode == "required") {
      chat_.tool_choice.kind = Kind::required;
      if (chat_.tools.empty())
        fields.wrong_value(key, "calls can be required of 'tools' only, and there are none");
    } else if (mode == "none" && may_be_none) {
      chat_.tool_choice.kind = Kind::none;
    } else if (mode != "auto") {
      fields.wrong_value(
          key, fmt::format("'{}' is none of {}auto, required", mode, may_be_none ? "none, " : ""));
    }
  }

  // The other tools are not shown to the model.
  void parse_allowed(const json::object& choice) {
    const bool flat = form_ == ToolForm::flat;
    JsonFields outer(choice, "tool_choice.", problem_);
    const json::object* allowed = flat ? &choice : outer.object("allowed_tools");
    if (allowed == nullptr) return outer.wrong_value("allowed_tools", "it must be given");
    const std::string prefix = flat ? "tool_choice." : "tool_choice.allowed_tools.";
    JsonFields fields(*allowed, prefix, problem_);
    const json::value* tools = fields.find("tools");
    if (tools == nullptr || !tools->is_array())
      return fields.wrong_value("tools", "it must be an array of tools");
    std::vector<Tool> kept;
    const json::array& array = tools->get_array();
    for (std::size_t i = 0; i < array.size() && !problem_; ++i) {
      const std::string name = fmt::format("tools[{}]", i);
      if (!array[i].is_object()) return fields.wrong_type(name, "an object", array[i]);
      const Named function = function_of(array[i].get_object(), prefix + name + ".");
      if (problem_) return;
      JsonFields inner(*function.object, function.prefix, problem_);
      const auto tool = std::ranges::find(chat_.tools, parse_name(inner), &Tool::name);
      if (tool == chat_.tools.end()) return inner.wrong_value("name", "it is none of 'tools'");
      kept.push_back(*tool);
    }
    chat_.tools = std::move(kept);
    parse_mode(fields, "mode", false);
  }

  JsonFields& fields_;
  ToolForm form_;
  ChatRequest& chat_;
  std::optional<Problem>& problem_;
};

}  // namespace

void parse_openai_tools(JsonFields& fields, ToolForm form, ChatRequest& chat,
                        std::optional<Problem>& problem) {
  ToolsParser(fields, form, chat, problem).parse();
}

}  // namespace pincer
