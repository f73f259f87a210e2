// The dashboard's files, which are part of the program. Their source is web/; build.py makes dist/
// of it, and embed.py the list that is here.
#pragma once

#include <span>
#include <string_view>

#include "server/http/router.h"

namespace pincer {

struct Asset {
  std::string_view path;  // "/", "/assets/dashboard.js"
  std::string_view content_type;
  std::string_view digest;  // hexadecimal, of `plain`
  std::string_view plain, gzip;
};

std::span<const Asset> dashboard_assets();

// GET of each asset, without a key: there is nothing secret in them, and the page is where a key is
// entered. Answers 304 to whoever has it, and gzip to whoever takes it.
void add_dashboard_routes(Router& router);

}  // namespace pincer
