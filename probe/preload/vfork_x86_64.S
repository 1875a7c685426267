/* SPDX-License-Identifier: MIT */
/* vfork. The child runs on the parent's memory and stack and returns first, so the return address
 * must not stay on the stack: it is kept in a register, which the kernel preserves for each of the
 * two. While the child borrows the thread, GATE_VFORK is added to the thread's gate (self.h). */
#define GATE_VFORK 2
#define SYS_vfork 58

        .text
        .globl  vfork
        .type   vfork, @function
vfork:
        .cfi_startproc
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        .cfi_register %rip, %rdi
#ifndef LSC_NOOP
        movq    self@gottpoff(%rip), %rdx
        addb    $GATE_VFORK, %fs:(%rdx)
#endif
        movl    $SYS_vfork, %eax
        syscall
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        .cfi_offset %rip, -8
        testl   %eax, %eax
        je      1f
#ifndef LSC_NOOP
        subb    $GATE_VFORK, %fs:(%rdx)
#endif
        cmpq    $-4095, %rax
        jae     2f
1:      ret
2:      negl    %eax
        movl    %eax, %edi
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        jmp     vfork_failed
        .cfi_endproc
        .size   vfork, .-vfork

/* errno = edi; return -1. */
        .type   vfork_failed, @function
vfork_failed:
        .cfi_startproc
        .cfi_adjust_cfa_offset 8
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    __errno_location@PLT
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        movl    %edi, (%rax)
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        movq    $-1, %rax
        ret
        .cfi_endproc
        .size   vfork_failed, .-vfork_failed
        .section .note.GNU-stack,"",@progbits
