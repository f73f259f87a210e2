// What tests say about texts.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

namespace pincer::test {

inline ::testing::AssertionResult contains(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

}  // namespace pincer::test
