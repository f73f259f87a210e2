// "options" of Ollama's requests: https://docs.ollama.com/modelfile#parameter
#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "pincer/server/chat_request.h"
#include "server/http/problem.h"

namespace pincer {

// Into chat.sampling, max_tokens and stops; returns num_ctx, 0 where it is not given. Those that
// say how a model is run (num_thread, num_gpu, ...) change no answer and are taken without effect;
// what would change it and is not supported, and what is unknown, is a problem that names it.
int parse_ollama_options(const boost::json::object& options, ChatRequest& chat,
                         std::optional<Problem>& problem);

// Refuses a context that the model was not started with.
std::optional<Problem> context_problem(int num_ctx, int context);

// "keep_alive": a duration ("5m", seconds), or a negative one for ever. Models stay until others
// need their memory, so all but 0, which asks to unload now, is granted.
void check_ollama_keep_alive(const boost::json::object& body, std::optional<Problem>& problem);

}  // namespace pincer
