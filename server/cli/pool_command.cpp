// pincer ps, pincer pool: which packed weights there are, and who has them in memory.
#include <fmt/format.h>

#include <algorithm>

#include "engine/limits/memory_room.h"
#include "server/cli/command.h"
#include "server/cli/paths.h"
#include "server/cli/tier_command.h"
#include "server/report/pool_report.h"

namespace pincer {
namespace {

Result<std::vector<PoolRow>> stored_pools() {
  const auto home = pincer_home();
  if (!home) return home.error();
  auto files = pool_files(pool_dir(*home));
  if (!files) return files.error();
  return file_rows(*files, pool_mappings());
}

int list_processes(bool json) {
  const std::vector<PoolRow> rows = process_rows(pool_mappings());
  if (json) {
    fmt::print("{}\n", pool_json(rows));
  } else if (rows.empty()) {
    fmt::print("no process has a model loaded\n");
  } else {
    fmt::print("{}", process_table(rows));
  }
  return kOk;
}

int list_files(bool json) {
  const auto rows = stored_pools();
  if (!rows) return fail(rows.error());
  if (json) {
    fmt::print("{}\n", pool_json(*rows));
  } else if (rows->empty()) {
    fmt::print("the pool is empty; it is filled when a model is first used\n");
  } else {
    fmt::print("{}", file_table(*rows));
  }
  return kOk;
}

// Removes the chosen ones and says so.
int remove_rows(const std::vector<PoolRow>& rows) {
  for (const PoolRow& row : rows) {
    if (auto removed = remove_pool_file(row.file); !removed) return fail(removed.error());
    fmt::print("removed {} ({})\n", row.file.string(), human_bytes(row.bytes));
  }
  return kOk;
}

int remove_named(const std::vector<std::string>& names) {
  const auto rows = stored_pools();
  if (!rows) return fail(rows.error());
  std::vector<PoolRow> chosen;
  for (const std::string& name : names) {
    const auto matches = [&](const PoolRow& r) {
      return r.name == name || r.file.filename() == name;
    };
    const std::size_t before = chosen.size();
    std::ranges::copy_if(*rows, std::back_inserter(chosen), matches);
    if (chosen.size() == before) {
      return fail(
          {ErrorCode::not_found,
           fmt::format("the pool holds nothing called '{}'; `pincer pool` lists it", name)});
    }
  }
  return remove_rows(chosen);
}

// What no process uses and either this version cannot read or nobody wanted for so long.
int prune(int days) {
  const auto rows = stored_pools();
  if (!rows) return fail(rows.error());
  std::vector<PoolRow> chosen;
  std::ranges::copy_if(*rows, std::back_inserter(chosen), [&](const PoolRow& r) {
    return r.processes == 0 && (r.layout.empty() || r.last_used_s > days * 86400.0);
  });
  if (chosen.empty()) fmt::print("nothing to remove\n");
  return remove_rows(chosen);
}

}  // namespace

void add_ps_command(CLI::App& app, Action& action) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* sub = app.add_subcommand(
      "ps", "Show which processes have which models loaded, and what they share");
  sub->add_flag("--json", *json, "print one JSON object");
  sub->footer("Examples:\n  pincer ps\n  pincer ps --json");
  sub->callback([json, &action] { action = [json] { return list_processes(*json); }; });
}

void add_pool_command(CLI::App& app, Action& action) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* sub = app.add_subcommand("pool", "Show the packed weights, or remove some");
  sub->add_flag("--json", *json, "print one JSON object");
  sub->footer(
      "Examples:\n  pincer pool\n  pincer pool --json\n  pincer pool rm "
      "SmolLM2-135M-Instruct.Q4_1\n"
      "  pincer pool prune --days 30\n  pincer pool simulate model.gguf --near 16G@80 --far "
      "64G@25");
  sub->require_subcommand(0, 1);
  sub->callback([sub, json, &action] {
    if (sub->get_subcommands().empty()) action = [json] { return list_files(*json); };
  });

  const auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* rm = sub->add_subcommand(
      "rm", "Remove packed weights; they are packed again when the model is next used");
  rm->add_option("names", *names, "models or file names, as `pincer pool` prints them")->required();
  rm->footer("Example:\n  pincer pool rm SmolLM2-135M-Instruct.Q4_1");
  rm->callback([names, &action] { action = [names] { return remove_named(*names); }; });

  const auto days = std::make_shared<int>(30);
  CLI::App* prune_command = sub->add_subcommand(
      "prune", "Remove packed weights that are outdated, or that nobody used for some time");
  prune_command->add_option("--days", *days, "without use (default 30)")
      ->check(CLI::Range(0, 36500));
  prune_command->footer("Example:\n  pincer pool prune --days 7");
  prune_command->callback([days, &action] { action = [days] { return prune(*days); }; });

  add_tier_command(*sub, action);
}

}  // namespace pincer
