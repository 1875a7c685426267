/* SPDX-License-Identifier: MIT */
/* vfork for aarch64: see vfork_x86_64.S. The return address is in x30, which the kernel preserves
 * for parent and child; nothing is on the stack. */
#define GATE_VFORK 2
#define SYS_clone 220
#define CLONE_VM_VFORK_SIGCHLD 0x4111

        .text
        .globl  vfork
        .type   vfork, %function
vfork:
        .cfi_startproc
#ifndef LSC_NOOP
        adrp    x9, :gottprel:self
        ldr     x9, [x9, :gottprel_lo12:self]
        mrs     x10, tpidr_el0
        add     x9, x9, x10
        ldrb    w11, [x9]
        add     w11, w11, #GATE_VFORK
        strb    w11, [x9]
#endif
        mov     x0, #CLONE_VM_VFORK_SIGCHLD
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        mov     x8, #SYS_clone
        svc     #0
        cbz     x0, 1f
#ifndef LSC_NOOP
        ldrb    w11, [x9]
        sub     w11, w11, #GATE_VFORK
        strb    w11, [x9]
#endif
        cmn     x0, #4095
        b.cs    2f
1:      ret
2:      stp     x29, x30, [sp, #-32]!
        .cfi_def_cfa_offset 32
        .cfi_offset x29, -32
        .cfi_offset x30, -24
        neg     w0, w0
        str     w0, [sp, #16]
        bl      __errno_location
        ldr     w1, [sp, #16]
        str     w1, [x0]
        mov     x0, #-1
        ldp     x29, x30, [sp], #32
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   vfork, .-vfork
        .section .note.GNU-stack,"",%progbits
