// JSON as what a template sees.
#pragma once

#include <boost/json/value.hpp>

#include "pincer/engine/jinja.h"

namespace pincer {

// Strings and keys come from outside: they are untrusted. Integers beyond int64 become decimals.
jinja::Value jinja_value(const boost::json::value& value);

}  // namespace pincer
