// A mapped file that shrinks, or whose disk fails, must not end the process.
//
// Reading a page that the file no longer has raises SIGBUS. For guarded ranges a process-wide
// handler puts zeros there, from that page to the range's end, and marks the range as lost; the
// reader goes on, and whoever owns the range looks at lost() before it trusts what was computed.
// Every other SIGBUS does what it did before the handler was there.
//
// What is not noticed: a file that is changed in place without getting shorter, and bytes lost from
// its last page (the kernel reads those as zeros). Replace model files by rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pincer {

class LossGuard {
 public:
  // Guards [base, base + bytes), mapped and page-aligned. Thread-safe, like all of this class.
  LossGuard(const void* base, std::size_t bytes);
  ~LossGuard();  // before the range is unmapped
  LossGuard(const LossGuard&) = delete;
  LossGuard& operator=(const LossGuard&) = delete;

  // Those parts of the range keep their present bytes even when their pages are lost: headers whose
  // zeros would lead the reader astray. Once.
  void keep(const std::vector<std::span<const std::uint8_t>>& parts);
  bool lost() const;

  // Whether the guarded range that holds `address` is lost; false when there is none.
  static bool lost_at(const void* address);

 private:
  struct Slot;
  static Slot* find(std::uintptr_t address);
  static bool replace(Slot& slot, std::uintptr_t address);
  static void on_fault(int signal, void* info, void* context);
  static void install();

  Slot* slot_;
};

}  // namespace pincer
