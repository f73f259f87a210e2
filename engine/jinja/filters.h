// The built-in filters, by file; filter_table.cpp names them.
#pragma once

#include "engine/jinja/objects.h"

namespace pincer::jinja {

using FilterArgs = const CallArgs&;

// filters_text.cpp
Val filter_upper(Renderer& r, const Val& input, FilterArgs args);
Val filter_lower(Renderer& r, const Val& input, FilterArgs args);
Val filter_title(Renderer& r, const Val& input, FilterArgs args);
Val filter_capitalize(Renderer& r, const Val& input, FilterArgs args);
Val filter_trim(Renderer& r, const Val& input, FilterArgs args);
Val filter_replace(Renderer& r, const Val& input, FilterArgs args);
Val filter_indent(Renderer& r, const Val& input, FilterArgs args);
Val filter_center(Renderer& r, const Val& input, FilterArgs args);
Val filter_truncate(Renderer& r, const Val& input, FilterArgs args);
Val filter_wordcount(Renderer& r, const Val& input, FilterArgs args);
Val filter_format(Renderer& r, const Val& input, FilterArgs args);
Val filter_string(Renderer& r, const Val& input, FilterArgs args);
Val filter_tojson(Renderer& r, const Val& input, FilterArgs args);

// filters_html.cpp
Val filter_safe(Renderer& r, const Val& input, FilterArgs args);
Val filter_escape(Renderer& r, const Val& input, FilterArgs args);
Val filter_forceescape(Renderer& r, const Val& input, FilterArgs args);
Val filter_striptags(Renderer& r, const Val& input, FilterArgs args);
Val filter_urlencode(Renderer& r, const Val& input, FilterArgs args);

// filters_number.cpp
Val filter_abs(Renderer& r, const Val& input, FilterArgs args);
Val filter_int(Renderer& r, const Val& input, FilterArgs args);
Val filter_float(Renderer& r, const Val& input, FilterArgs args);
Val filter_round(Renderer& r, const Val& input, FilterArgs args);
Val filter_sum(Renderer& r, const Val& input, FilterArgs args);

// filters_list.cpp
Val filter_length(Renderer& r, const Val& input, FilterArgs args);
Val filter_list(Renderer& r, const Val& input, FilterArgs args);
Val filter_first(Renderer& r, const Val& input, FilterArgs args);
Val filter_last(Renderer& r, const Val& input, FilterArgs args);
Val filter_reverse(Renderer& r, const Val& input, FilterArgs args);
Val filter_join(Renderer& r, const Val& input, FilterArgs args);
Val filter_items(Renderer& r, const Val& input, FilterArgs args);
Val filter_batch(Renderer& r, const Val& input, FilterArgs args);
Val filter_slice(Renderer& r, const Val& input, FilterArgs args);
Val filter_default(Renderer& r, const Val& input, FilterArgs args);
Val filter_attr(Renderer& r, const Val& input, FilterArgs args);

// filters_order.cpp
Val filter_sort(Renderer& r, const Val& input, FilterArgs args);
Val filter_dictsort(Renderer& r, const Val& input, FilterArgs args);
Val filter_unique(Renderer& r, const Val& input, FilterArgs args);
Val filter_groupby(Renderer& r, const Val& input, FilterArgs args);
Val filter_min(Renderer& r, const Val& input, FilterArgs args);
Val filter_max(Renderer& r, const Val& input, FilterArgs args);

// filters_select.cpp
Val filter_map(Renderer& r, const Val& input, FilterArgs args);
Val filter_select(Renderer& r, const Val& input, FilterArgs args);
Val filter_reject(Renderer& r, const Val& input, FilterArgs args);
Val filter_selectattr(Renderer& r, const Val& input, FilterArgs args);
Val filter_rejectattr(Renderer& r, const Val& input, FilterArgs args);

// "name.0.other", or an integer: a path of items. Missing ones become `fallback` if that is not
// null.
class AttributePath {
 public:
  // Null means the item itself.
  AttributePath(Renderer& r, const Val* attribute, const Val* fallback = nullptr);
  Val get(const Val& item) const;

 private:
  Renderer& renderer_;
  std::vector<Val> parts_;
  const Val* fallback_;
};

}  // namespace pincer::jinja
