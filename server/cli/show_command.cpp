// pincer show: what a model file is.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>

#include "pincer/engine/chat_template.h"
#include "pincer/engine/gguf.h"
#include "pincer/engine/model.h"
#include "server/cli/command.h"
#include "server/cli/model_store.h"

namespace pincer {
namespace {

struct Summary {
  std::string file, architecture, name, licence;
  std::int64_t bytes = 0, parameters = 0;
  ModelConfig config;
  std::map<std::string, std::int64_t> types;  // tensors of each type
  std::string chat_template;
};

Result<Summary> summarize(const std::filesystem::path& path) {
  auto file = gguf::File::open(path);
  if (!file) return file.error();
  auto config = read_model_config(*file);
  if (!config) return config.error();
  Summary s;
  s.file = path.string();
  s.bytes = static_cast<std::int64_t>(file->size());
  s.config = std::move(*config);
  s.architecture = s.config.architecture->name;
  s.name = s.config.name;
  if (const auto* licence = file->get_string("general.license")) s.licence = *licence;
  if (const auto* chat = file->get_string("tokenizer.chat_template")) s.chat_template = *chat;
  for (const gguf::Tensor& t : file->tensors()) {
    s.parameters += t.rows() * t.cols();
    ++s.types[std::string(gguf::type_name(t.type))];
  }
  return s;
}

void print_json(const Summary& s) {
  const ModelConfig& c = s.config;
  boost::json::object types;
  for (const auto& [type, count] : s.types) types[type] = count;
  const boost::json::object out{{"schema", 1},
                                {"file", s.file},
                                {"bytes", s.bytes},
                                {"name", s.name},
                                {"architecture", s.architecture},
                                {"licence", s.licence},
                                {"parameters", s.parameters},
                                {"context", c.context},
                                {"layers", c.layers},
                                {"width", c.width},
                                {"heads", c.heads},
                                {"kv_heads", c.kv_heads},
                                {"head_dim", c.head_dim},
                                {"feed_forward", c.ff},
                                {"vocabulary", c.vocab},
                                {"tied_embeddings", c.tied_embeddings},
                                {"tensor_types", types},
                                {"chat_template", s.chat_template}};
  fmt::print("{}\n", boost::json::serialize(out));
}

void print_text(const Summary& s) {
  const ModelConfig& c = s.config;
  std::string types;
  for (const auto& [type, count] : s.types)
    types += fmt::format("{}{} x {}", types.empty() ? "" : ", ", count, type);
  fmt::print("file          {}\n", s.file);
  fmt::print("name          {}\n", s.name);
  fmt::print("architecture  {}\n", s.architecture);
  fmt::print("licence       {}\n", s.licence.empty() ? "not stated in the file" : s.licence);
  fmt::print("parameters    {:.1f} M in {:.1f} MB ({})\n", static_cast<double>(s.parameters) * 1e-6,
             static_cast<double>(s.bytes) * 1e-6, types);
  fmt::print("context       {} tokens\n", c.context);
  fmt::print(
      "shape         {} layers, {} wide, {} heads of {} sharing {} for K and V, {} feed-forward\n",
      c.layers, c.width, c.heads, c.head_dim, c.kv_heads, c.ff);
  fmt::print("vocabulary    {}{}\n", c.vocab,
             c.tied_embeddings ? ", embeddings shared with the head" : "");
  fmt::print("template      {}\n",
             s.chat_template.empty() ? "none in the file; ChatML is used" : s.chat_template);
}

int show(const std::string& name, bool json) {
  auto path = resolve_model(name);
  if (!path) return fail(path.error());
  auto summary = summarize(*path);
  if (!summary) return fail(summary.error());
  json ? print_json(*summary) : print_text(*summary);
  return kOk;
}

}  // namespace

void add_show_command(CLI::App& app, Action& action) {
  struct Flags {
    std::string model;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* sub =
      app.add_subcommand("show", "Show what a model is: shape, types, template, licence");
  sub->add_option("model", flags->model, "a catalogue name, or a .gguf file")->required();
  sub->add_flag("--json", flags->json, "print one JSON object");
  sub->footer("Example:\n  pincer show smollm2-135m-instruct");
  sub->callback([flags, &action] { action = [flags] { return show(flags->model, flags->json); }; });
}

}  // namespace pincer
