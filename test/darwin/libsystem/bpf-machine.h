// Classic BPF as the BSD kernel runs it: bsd/net/bpf_filter.c.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bpf_insn {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};

/** Why the kernel would refuse the program, or NULL. */
const char *bpf_invalid(const struct bpf_insn *program, uint32_t length);
/** Bytes of the packet to keep; `wire` is what `len` loads. */
uint32_t bpf_run(const struct bpf_insn *program, const uint8_t *packet, uint32_t captured, uint32_t wire);
