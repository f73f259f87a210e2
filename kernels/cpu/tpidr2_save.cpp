// A routine of the SME ABI that the kernels for SME call and gcc 12's libgcc lacks: AAPCS64, "SME
// support routines". Weak, so that a younger libgcc's may stand beside it.
//
// Whoever has contents in ZA and calls ordinary code points TPIDR2_EL0 to {address of a buffer;
// uint16 number of rows to save; zeros} first. A function that wants ZA then calls this to save the
// rows. It changes nothing but x14 to x17.
#include "kernels/cpu/arch.h"

#if PINCER_SME

__asm__(R"(
  .pushsection .text.__arm_tpidr2_save, "ax", %progbits
  .arch_extension sme
  .weak __arm_tpidr2_save
  .type __arm_tpidr2_save, %function
  .p2align 2
__arm_tpidr2_save:
  mrs x14, TPIDR2_EL0
  cbz x14, 2f
  ldr x16, [x14]            // the buffer
  cbz x16, 2f
  ldrh w17, [x14, #8]       // rows
  cbz w17, 2f
  mov w15, #0
1:
  str za[w15, 0], [x16]
  addsvl x16, x16, #1
  add w15, w15, #1
  cmp w15, w17
  b.ne 1b
2:
  ret
  .size __arm_tpidr2_save, . - __arm_tpidr2_save
  .popsection
)");

#endif  // PINCER_SME
