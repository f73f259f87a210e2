// object.name and object[key], as jinja2's sandbox resolves them: the first prefers methods, the
// second prefers items.
#include <utility>

#include "engine/jinja/ops.h"
#include "engine/jinja/registry.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

NativeFunction find_method(const Val& object, std::string_view name) {
  if (object.text() != nullptr) return find_text_method(name);
  if (object.dict() != nullptr) return find_dict_method(name);
  if (const Seq* seq = object.seq()) return find_seq_method(seq->kind, name);
  return nullptr;
}

bool is_dunder(std::string_view name) {
  return name.size() > 4 && name.substr(0, 2) == "__" && name.substr(name.size() - 2) == "__";
}

// Quoted for a message; the key of an item may be any long text.
std::string shown(std::string_view name) {
  constexpr std::size_t kMost = 60;
  return "'" + std::string(name.substr(0, kMost)) + (name.size() > kMost ? "...'" : "'");
}

Val no_attribute(const Val& object, std::string_view name) {
  return undefined("'" + std::string(type_name(object)) + "' has no attribute " + shown(name));
}

Val refused(const Val& object, std::string_view name) {
  return undefined("templates may not use the attribute " + shown(name) + " of '" +
                   std::string(type_name(object)) + "'");
}

Val make_method(const Val& object, std::string_view name, NativeFunction run) {
  return Val(std::make_shared<const Function>(Function{std::string(name), run, object}));
}

}  // namespace

Val Renderer::get_attribute(const Val& object, std::string_view name) {
  if (object.is<Undefined>()) fail_undefined(object);
  if (is_dunder(name) || is_refused_method(object, name)) return refused(object, name);
  if (const NativeFunction method = find_method(object, name)) {
    return make_method(object, name, method);
  }
  if (Loop* const* loop = object.get<Loop*>()) return get_loop_attribute(**loop, name);
  if (const Dict* dict = object.dict()) {
    budget_.spend_copy(name.size());
    const Val* value = dict->find(name);
    return value != nullptr ? *value : no_attribute(object, name);
  }
  return get_object_attribute(object, name);
}

Val Renderer::get_object_attribute(const Val& object, std::string_view name) {
  if (Namespace* const* space = object.get<Namespace*>()) {
    const Val* value = (*space)->attributes.find(name);
    return value != nullptr ? *value : no_attribute(object, name);
  }
  if (const Seq* seq = object.seq(); seq != nullptr && seq->kind == SeqKind::group) {
    if (name == "grouper") return seq->items[0];
    if (name == "list") return seq->items[1];
  }
  if (Macro* const* macro = object.get<Macro*>()) {
    if (name == "name") return make_text((*macro)->def->name);
    if (name == "caller") return (*macro)->def->uses_caller;
  }
  if (Cycler* const* cycler = object.get<Cycler*>(); cycler != nullptr && name == "current") {
    return (*cycler)->items[(*cycler)->position];
  }
  if (const NativeFunction method = find_object_method(object, name)) {
    return make_method(object, name, method);
  }
  return no_attribute(object, name);
}

Val Renderer::get_item(const Val& object, const Val& key) {
  if (object.is<Undefined>()) fail_undefined(object);
  if (const Dict* dict = object.dict()) {
    const bool unhashable =
        key.dict() != nullptr || (key.seq() != nullptr && key.seq()->kind == SeqKind::list);
    const Val* value = unhashable ? nullptr : dict->find(budget_, key);
    if (value != nullptr) return *value;
  } else if (const std::optional<std::int64_t> index = as_integer(key)) {
    if (const Text* text = object.text()) return get_char(budget_, *text, *index);
    const Seq* seq = object.seq();
    const bool indexable =
        seq != nullptr && (seq->kind == SeqKind::list || seq->kind == SeqKind::tuple ||
                           seq->kind == SeqKind::group || seq->kind == SeqKind::range);
    if (indexable) return get_index(budget_, *seq, *index);
  }
  const Text* name = key.text();
  if (name == nullptr) {
    return undefined("'" + std::string(type_name(object)) + "' has no such element");
  }
  if (object.dict() == nullptr || is_refused_method(object, name->bytes())) {
    return get_attribute(object, name->bytes());
  }
  if (const NativeFunction method = find_dict_method(name->bytes())) {
    return make_method(object, name->bytes(), method);
  }
  return no_attribute(object, name->bytes());
}

}  // namespace pincer::jinja
