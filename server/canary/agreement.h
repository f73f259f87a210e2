// How far two answers to one request are the same, 0 to 1.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pincer/engine/generation.h"
#include "pincer/server/chat_request.h"

namespace pincer {

// The common beginning's share of the longer text, of its first 256 bytes: where they part, two
// answers say different things from there on. Only worth something where neither was drawn by lot.
double text_agreement(std::string_view a, std::string_view b);

// The probability that two models give alike, on average over the tokens up to the first that
// differs (beyond it they answer different texts): 1 less the total variation distance of the two
// distributions, each known by its likeliest tokens (Logprobs::top). True for drawn answers, too.
// Both are of models with one vocabulary, else it is near 0. An end is no token of an answer, so
// that where one ends and the other goes on nothing is known of the distributions: for answers that
// were not `drawn` it is a token that differs, others are compared up to there. 1 where there is
// nothing to compare.
double logit_agreement(std::span<const GeneratedToken> a, std::span<const GeneratedToken> b,
                       bool drawn);

// Has the answer's tokens come with what logit_agreement() needs.
void ask_for_rivals(ChatRequest& request);
// Adds what it compares of tokens that have come.
void keep_compared(std::vector<GeneratedToken>& kept, const std::vector<GeneratedToken>& come);

}  // namespace pincer
