#include "server/privacy/request_texts.h"

#include <memory>
#include <variant>

namespace pincer {
namespace {

using Visit = std::function<void(std::string&, TextKind)>;

// A value of the template's is seen, but not changed.
void visit_option(const jinja::Value& value, const Visit& visit) {
  if (const auto* text = std::get_if<TextPiece>(&value.data())) {
    std::string copy = text->text;
    visit(copy, TextKind::fixed);
  } else if (const auto* list = std::get_if<std::shared_ptr<jinja::List>>(&value.data())) {
    for (const jinja::Value& item : **list) visit_option(item, visit);
  } else if (const auto* object = std::get_if<std::shared_ptr<jinja::Object>>(&value.data())) {
    for (const auto& [key, item] : **object) {
      std::string copy = key;
      visit(copy, TextKind::fixed);
      visit_option(item, visit);
    }
  }
}

void visit_message(Message& message, const Visit& visit) {
  visit(message.reasoning, TextKind::text);
  visit(message.content, TextKind::text);
  for (ToolCall& call : message.tool_calls) {
    visit(call.id, TextKind::fixed);
    visit(call.name, TextKind::fixed);
    visit(call.arguments, TextKind::json);
  }
  visit(message.tool_call_id, TextKind::fixed);
}

}  // namespace

void for_each_text(ChatRequest& request, const Visit& visit) {
  for (Message& message : request.messages) visit_message(message, visit);
  if (auto* raw = std::get_if<std::string>(&request.raw_prompt)) visit(*raw, TextKind::text);
  for (Tool& tool : request.tools) {
    visit(tool.name, TextKind::fixed);
    visit(tool.description, TextKind::text);
    visit(tool.parameters, TextKind::json);
  }
  visit(request.tool_choice.name, TextKind::fixed);
  if (request.format) {
    const bool schema = request.format->kind == OutputFormat::Kind::json_schema;
    visit(request.format->text, schema ? TextKind::json : TextKind::fixed);
  }
  for (std::string& stop : request.stops) visit(stop, TextKind::text);
  for (const auto& [key, value] : request.template_options) {
    std::string copy = key;
    visit(copy, TextKind::fixed);
    visit_option(value, visit);
  }
  visit(request.reasoning_effort, TextKind::fixed);
}

}  // namespace pincer
