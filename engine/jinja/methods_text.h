// The methods of Python's str, by name; registry.h finds them.
#pragma once

#include "engine/jinja/objects.h"

namespace pincer::jinja {

Val text_strip(Renderer& r, const Val& self, const CallArgs& args);
Val text_lstrip(Renderer& r, const Val& self, const CallArgs& args);
Val text_rstrip(Renderer& r, const Val& self, const CallArgs& args);
Val text_split(Renderer& r, const Val& self, const CallArgs& args);
Val text_rsplit(Renderer& r, const Val& self, const CallArgs& args);
Val text_splitlines(Renderer& r, const Val& self, const CallArgs& args);
Val text_partition(Renderer& r, const Val& self, const CallArgs& args);
Val text_rpartition(Renderer& r, const Val& self, const CallArgs& args);
Val text_startswith(Renderer& r, const Val& self, const CallArgs& args);
Val text_endswith(Renderer& r, const Val& self, const CallArgs& args);
Val text_find(Renderer& r, const Val& self, const CallArgs& args);
Val text_rfind(Renderer& r, const Val& self, const CallArgs& args);
Val text_index(Renderer& r, const Val& self, const CallArgs& args);
Val text_rindex(Renderer& r, const Val& self, const CallArgs& args);
Val text_count(Renderer& r, const Val& self, const CallArgs& args);
Val text_replace(Renderer& r, const Val& self, const CallArgs& args);
Val text_join(Renderer& r, const Val& self, const CallArgs& args);
Val text_removeprefix(Renderer& r, const Val& self, const CallArgs& args);
Val text_removesuffix(Renderer& r, const Val& self, const CallArgs& args);
Val text_format(Renderer& r, const Val& self, const CallArgs& args);

}  // namespace pincer::jinja
