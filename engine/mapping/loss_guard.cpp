#include "engine/mapping/loss_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

namespace pincer {
namespace {

struct KeptPart {
  std::uintptr_t address;
  std::vector<std::uint8_t> bytes;
};
using KeptParts = std::vector<KeptPart>;

std::uintptr_t cached_page_bytes() {
  static const auto bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

struct sigaction g_previous{};

}  // namespace

// Slots are never freed, only used again: the handler walks their list without a lock. A slot is
// free while begin is 0.
struct LossGuard::Slot {
  std::atomic<std::uintptr_t> begin = 0, end = 0;
  std::atomic<bool> lost = false;
  std::atomic<const KeptParts*> kept = nullptr;
  Slot* next = nullptr;  // fixed once the slot is in the list
};

namespace {

std::mutex g_mutex;                    // of whoever takes a slot
std::atomic<void*> g_slots = nullptr;  // the newest slot

}  // namespace

LossGuard::LossGuard(const void* base, std::size_t bytes) {
  const std::lock_guard lock(g_mutex);
  install();
  Slot* slot = static_cast<Slot*>(g_slots.load());
  while (slot != nullptr && slot->begin != 0) slot = slot->next;
  if (slot == nullptr) {
    slot = new Slot;
    slot->next = static_cast<Slot*>(g_slots.load());
    g_slots = slot;
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(base);
  slot->lost = false;
  slot->end = begin + bytes;
  slot->begin = begin;
  slot_ = slot;
}

LossGuard::~LossGuard() {
  const std::lock_guard lock(g_mutex);
  slot_->begin = 0;
  delete slot_->kept.exchange(nullptr);
}

void LossGuard::keep(const std::vector<std::span<const std::uint8_t>>& parts) {
  auto kept = std::make_unique<KeptParts>();
  kept->reserve(parts.size());
  for (const auto part : parts) {
    kept->push_back({reinterpret_cast<std::uintptr_t>(part.data()), {part.begin(), part.end()}});
  }
  slot_->kept = kept.release();
}

bool LossGuard::lost() const { return slot_->lost; }

bool LossGuard::lost_at(const void* address) {
  const Slot* slot = find(reinterpret_cast<std::uintptr_t>(address));
  return slot != nullptr && slot->lost;
}

LossGuard::Slot* LossGuard::find(std::uintptr_t address) {
  for (auto* slot = static_cast<Slot*>(g_slots.load()); slot != nullptr; slot = slot->next) {
    const std::uintptr_t begin = slot->begin;
    if (begin != 0 && address >= begin && address < slot->end && slot->begin == begin) return slot;
  }
  return nullptr;
}

// Only system calls and memory that is there: this runs in a signal handler. The zeros are made
// beside the range and moved over it at once, so that other threads never see a kept part missing.
bool LossGuard::replace(Slot& slot, std::uintptr_t address) {
  const std::uintptr_t page = cached_page_bytes(), from = address / page * page;
  const std::uintptr_t end = (slot.end + page - 1) / page * page;
  const std::size_t bytes = end - from;
  void* fresh = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (fresh == MAP_FAILED) return false;
  if (const KeptParts* kept = slot.kept) {
    for (const KeptPart& part : *kept) {
      const std::uintptr_t last = part.address + part.bytes.size();
      if (last <= from) continue;
      const std::uintptr_t first = std::max(part.address, from);
      std::memcpy(static_cast<char*>(fresh) + (first - from),
                  part.bytes.data() + (first - part.address), last - first);
    }
  }
  slot.lost = true;
  return ::mprotect(fresh, bytes, PROT_READ) == 0 &&
         ::mremap(fresh, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                  reinterpret_cast<void*>(from)) != MAP_FAILED;
}

void LossGuard::on_fault(int signal, void* raw_info, void* context) {
  const int saved = errno;
  auto* info = static_cast<siginfo_t*>(raw_info);
  // A positive code: the kernel met the fault; else somebody sent the signal.
  if (info->si_code > 0) {
    Slot* slot = find(reinterpret_cast<std::uintptr_t>(info->si_addr));
    if (slot != nullptr && replace(*slot, reinterpret_cast<std::uintptr_t>(info->si_addr))) {
      errno = saved;
      return;
    }
  }
  if ((g_previous.sa_flags & SA_SIGINFO) != 0) {
    g_previous.sa_sigaction(signal, info, context);
  } else if (g_previous.sa_handler != SIG_DFL && g_previous.sa_handler != SIG_IGN) {
    g_previous.sa_handler(signal);
  } else {
    // The default: a fault comes again at the same instruction; a signal that was sent is sent
    // again, and arrives when this returns.
    ::sigaction(signal, &g_previous, nullptr);
    if (info->si_code <= 0) ::raise(signal);
  }
  errno = saved;
}

void LossGuard::install() {
  static bool installed = false;
  if (std::exchange(installed, true)) return;
  cached_page_bytes();  // not for the first time in the handler
  struct sigaction action{};
  action.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
    on_fault(signal, info, context);
  };
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGBUS, &action, &g_previous);
}

}  // namespace pincer
