// Today's date for chat templates that tell the model of it.
#pragma once

#include "pincer/engine/jinja.h"

namespace pincer {

// `date_string` ("05 Mar 2026"), as templates of Llama 3 look for it before they name a day of
// 2024, and `datetime` ("Mar 05 2026"), of FireFunction's: local time.
jinja::Object date_variables();

}  // namespace pincer
