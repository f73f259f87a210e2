// The names that templates can use: filters, tests and global functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/jinja/objects.h"

namespace pincer::jinja {

// Null when there is none of that name.
NativeFunction find_filter(std::string_view name);
NativeTest find_test(std::string_view name);
NativeFunction find_global(std::string_view name);

// Methods by the type of the object. "append" and its like, which would change a list or dict, are
// not among them.
NativeFunction find_text_method(std::string_view name);
NativeFunction find_seq_method(SeqKind kind, std::string_view name);
NativeFunction find_dict_method(std::string_view name);
NativeFunction find_object_method(const Val& object, std::string_view name);  // loops, cyclers
// Methods that exist in Python and that the sandbox refuses: using them is an error, not undefined.
bool is_refused_method(const Val& object, std::string_view name);

// One row of a table of names, and the look-up in it.
template <class Run>
struct NamedFunction {
  std::string_view name;
  Run run;
};

template <class Run, std::size_t N>
Run find_named(const NamedFunction<Run> (&table)[N], std::string_view name) {
  for (const NamedFunction<Run>& row : table) {
    if (row.name == name) return row.run;
  }
  return nullptr;
}

}  // namespace pincer::jinja
