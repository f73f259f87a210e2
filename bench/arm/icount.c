// A plugin for qemu's user-mode emulation (plugin API 1, qemu 7.2): how often each instruction ran.
//
//   qemu-aarch64 -plugin libicount.so,out=FILE program
//
// FILE gets a line "address count opcode" per instruction that ran, the first and last in hex.
//
// Debian ships no qemu-plugin.h; these are the declarations of
// https://www.qemu.org/docs/master/devel/tcg-plugins.html that are needed.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t PluginId;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum { kInlineAdd = 0 };
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb*, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn*);
const void* qemu_plugin_insn_data(const struct qemu_plugin_insn*);
void qemu_plugin_register_vcpu_tb_trans_cb(PluginId, void (*)(PluginId, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn*, int, void*, uint64_t);
void qemu_plugin_register_atexit_cb(PluginId, void (*)(PluginId, void*), void*);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

// Counters by address: an open hash table that never grows, since qemu keeps pointers into it.
enum { kSlotBits = 18, kSlots = 1 << kSlotBits };
struct Slot {
  uint64_t address, count;
  uint32_t opcode;
};
static struct Slot* slots;
static const char* out_path = "icount.txt";

static struct Slot* slot_of(uint64_t address) {
  size_t at = (address >> 2) * 0x9e3779b97f4a7c15u >> (64 - kSlotBits);
  while (slots[at].address != 0 && slots[at].address != address) at = (at + 1) % kSlots;
  return &slots[at];
}

static void on_translation(PluginId id, struct qemu_plugin_tb* block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
    struct qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(block, i);
    struct Slot* slot = slot_of(qemu_plugin_insn_vaddr(instruction));
    if (slot->address == 0) {
      slot->address = qemu_plugin_insn_vaddr(instruction);
      memcpy(&slot->opcode, qemu_plugin_insn_data(instruction), sizeof slot->opcode);
    }
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, kInlineAdd, &slot->count, 1);
  }
}

static void on_exit_of_program(PluginId id, void* unused) {
  (void)id, (void)unused;
  FILE* file = fopen(out_path, "w");
  if (file == NULL) return;
  for (size_t i = 0; i < kSlots; ++i) {
    if (slots[i].count == 0) continue;
    fprintf(file, "%llx %llu %08x\n", (unsigned long long)slots[i].address,
            (unsigned long long)slots[i].count, slots[i].opcode);
  }
  fclose(file);
}

EXPORT int qemu_plugin_install(PluginId id, const struct qemu_info* info, int argc, char** argv) {
  (void)info;
  slots = calloc(kSlots, sizeof *slots);
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0) out_path = strdup(argv[i] + 4);
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_exit_of_program, NULL);
  return 0;
}
