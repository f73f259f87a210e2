// Responses that outlive the server: on this machine's disk, and sealed in cold storage behind it.
#pragma once

#include <memory>

#include "server/api/response_store.h"
#include "server/history/archiver.h"
#include "server/history/object_store.h"
#include "server/history/seal_keys.h"
#include "server/history/turn_store.h"
#include "server/route/route_config.h"

namespace pincer {

struct ColdStorage {
  std::unique_ptr<ObjectStore> objects;
  SealKeys keys;
  ArchiverOptions archiver;
};

// put() is through once the turn is on the disk; cold storage gets it later. find() looks on the
// disk, then in cold storage, from where the turn comes back to the disk. remove() is through once
// that it is removed is on the disk. Errors: those of the turn store, of the object store and of
// unseal(); busy: too many others are being fetched from cold storage.
//
// Its threads do what waits; destroying it stops the object store, and takes no longer than the
// disk.
std::shared_ptr<ResponseStore> make_conversation_history(
    std::unique_ptr<TurnStore> turns, std::unique_ptr<ColdStorage> cold /* null: none */);

// As the configuration says. Errors: a folder, file, address or variable that cannot be used, each
// with its name. Cold storage that cannot be reached is none.
Result<std::shared_ptr<ResponseStore>> open_conversation_history(const HistoryConfig& config);

}  // namespace pincer
