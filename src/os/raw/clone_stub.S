/* long tend_clone_stub(long number, long a, long b, long c, long d, long e,
                        void (*function)(const void*), const void* argument)

   The system call `number`; in the parent it returns what the kernel returned. In the child it calls
   function(argument), which must not return. Not libc's syscall(): on a new stack the child would
   find no return address there. Not libc's clone() or vfork(): sanitizers replace them. */

#if defined(__x86_64__)

#if defined(__CET__)
#include <cet.h>
#else
#define _CET_ENDBR
#endif

    .text
    .globl  tend_clone_stub
    .hidden tend_clone_stub
    .type   tend_clone_stub, @function
    .p2align 4
tend_clone_stub:
    .cfi_startproc
    _CET_ENDBR
    /* Registers survive into the child, the stack does not. */
    pushq   %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq   %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    movq    24(%rsp), %rbx          /* function */
    movq    32(%rsp), %r12          /* argument */
    movq    %rdi, %rax
    movq    %rsi, %rdi
    movq    %rdx, %rsi
    movq    %rcx, %rdx
    movq    %r8, %r10
    movq    %r9, %r8
    syscall
    testq   %rax, %rax
    jz      1f
    popq    %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq    %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    ret
    .cfi_endproc
1:  /* The child: the outermost frame of its stack. */
    .cfi_startproc
    .cfi_undefined %rip
    xorl    %ebp, %ebp
    andq    $-16, %rsp
    movq    %r12, %rdi
    call    *%rbx
    ud2
    .cfi_endproc
    .size   tend_clone_stub, . - tend_clone_stub

#elif defined(__aarch64__)

    .text
    .globl  tend_clone_stub
    .hidden tend_clone_stub
    .type   tend_clone_stub, %function
    .p2align 4
tend_clone_stub:
    .cfi_startproc
    hint    #34                     /* bti c */
    mov     x8, x0
    mov     x0, x1
    mov     x1, x2
    mov     x2, x3
    mov     x3, x4
    mov     x4, x5
    /* The kernel keeps x6 (function) and x7 (argument) in both processes. */
    svc     #0
    cbz     x0, 1f
    ret
    .cfi_endproc
1:  /* The child: the outermost frame of its stack. */
    .cfi_startproc
    .cfi_undefined x30
    mov     x29, #0
    mov     x30, #0
    mov     x0, x7
    blr     x6
    brk     #1
    .cfi_endproc
    .size   tend_clone_stub, . - tend_clone_stub

#if defined(__ARM_FEATURE_BTI_DEFAULT)
    /* Says that this file keeps to branch target identification and return address signing. */
    .pushsection .note.gnu.property, "a"
    .p2align 3
    .word   4
    .word   16
    .word   5
    .asciz  "GNU"
    .word   0xc0000000
    .word   4
    .word   3
    .word   0
    .popsection
#endif

#else
#error "tend knows the system call conventions of x86-64 and aarch64 only"
#endif

    .section .note.GNU-stack, "", %progbits
