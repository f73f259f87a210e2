#include <fmt/format.h>
#include <malloc.h>

#include <chrono>

#include "engine/model/model_builder.h"
#include "pincer/engine/engine.h"

namespace pincer {

Result<LoadedModel> load_model(const std::filesystem::path& path, const LoadOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  if (!kernels::isa_choice().error.empty()) {
    return Error{ErrorCode::invalid_argument, kernels::isa_choice().error};
  }
  auto opened = gguf::File::open(path);
  if (!opened) return opened.error();
  const auto file = std::make_shared<gguf::File>(std::move(*opened));
  auto packed = read_packed_file(*file);
  if (!packed) return packed.error();
  if (auto nodes = check_placement(options.placement, memory_nodes()); !nodes) return nodes.error();
  Arena arena(options.threads > 0 ? options.threads : default_threads());

  LoadedModel loaded;
  loaded.name = path.stem().string();
  // The model comes first: that it is of a supported kind is the most useful thing to say about a
  // foreign file.
  auto model = ModelBuilder(file, options, arena, std::move(*packed)).build();
  if (!model) return model.error();
  loaded.model = std::move(*model);
  auto tokenizer = Tokenizer::from_gguf(*file);
  if (!tokenizer) return tokenizer.error();
  loaded.tokenizer = std::move(*tokenizer);
  if (loaded.tokenizer->vocab_size() > loaded.model->config.vocab) {
    return Error{
        ErrorCode::corrupt,
        fmt::format("{} has {} tokens but only {} embeddings; the file is damaged", path.string(),
                    loaded.tokenizer->vocab_size(), loaded.model->config.vocab)};
  }
  auto chat = ChatTemplate::from_gguf(*file, *loaded.tokenizer);
  if (!chat) return chat.error();
  loaded.chat = std::make_shared<const ChatTemplate>(std::move(*chat));
  loaded.context = loaded.model->config.context;
  loaded.packed_now = loaded.model->pool() && loaded.model->pool()->packed_now();
  if (file->lost()) {
    return Error{ErrorCode::corrupt,
                 fmt::format("{} shrank while it was being read; replace model files by renaming a "
                             "complete one",
                             path.string())};
  }
  // The model keeps the file for its embeddings only.
  file->forget_metadata();
  file->let_go();
  // Loading leaves megabytes of freed strings and tables behind; several processes share a machine.
  ::malloc_trim(0);
  loaded.load_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return loaded;
}

}  // namespace pincer
