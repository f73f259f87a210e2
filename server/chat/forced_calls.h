// Calls that the client demands or allows, as a form that the model's text is held to.
#pragma once

#include "pincer/engine/output_format.h"
#include "pincer/engine/result.h"
#include "pincer/server/chat_request.h"

namespace pincer {

// For required and named calls: a schema of {"name":…,"arguments":…}, or of an array of these where
// several calls may come, each with the arguments that its tool's own schema allows. `request` has
// the tool that it names. Error: invalid_argument (a tool's parameters are no JSON schema).
Result<OutputFormat> forced_calls(const ChatRequest& request);
// The latter.
bool writes_array(const ChatRequest& request);

// Where the model may call or answer in the form that `request` prescribes for its text: the
// schema of either. Errors: as above, unsupported (a form that is no JSON).
Result<OutputFormat> calls_or_format(const ChatRequest& request);

}  // namespace pincer
