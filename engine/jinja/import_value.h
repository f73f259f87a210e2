// JSON values from outside to values of the interpreter.
#pragma once

#include "engine/jinja/val.h"
#include "pincer/engine/jinja.h"

namespace pincer::jinja {

// Keys of objects count as untrusted: in tool definitions they are the users' words. Fails on
// values that are nested deeper than the limit; size costs nothing, the caller holds the value
// anyway.
Val import_value(const Limits& limits, const Value& value);

}  // namespace pincer::jinja
