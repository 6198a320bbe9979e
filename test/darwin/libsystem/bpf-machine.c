// Classic BPF: the checks of bpf_validate() and the machine of bpf_filter(), bsd/net/bpf_filter.c. Written after McCanne &
// Jacobson's paper, apart from the program's own interpreter, so that one is a check on the other.

#include "bpf-machine.h"

#include <stddef.h>
#include <string.h>

#define MAX_INSTRUCTIONS 512
#define MEMORY 16
// debug.bpf_maxbufsize: no load at a constant offset lies beyond.
#define MAX_OFFSET 524288

enum { LD, LDX, ST, STX, ALU, JMP, RET, MISC };

const char *bpf_invalid(const struct bpf_insn *program, uint32_t length) {
  if (length < 1 || length > MAX_INSTRUCTIONS) return "too many instructions, or none";
  for (uint32_t i = 0; i < length; i++) {
    uint16_t code = program[i].code;
    uint32_t k = program[i].k, left = length - i - 1;
    switch (code & 7) {
    case LD:
    case LDX:
      switch (code & 0xe0) {
      case 0x00: case 0x80: break;
      case 0x20: case 0x40: case 0xa0:
        if (k >= MAX_OFFSET) return "a load beyond every packet";
        break;
      case 0x60:
        if (k >= MEMORY) return "no such memory word";
        break;
      default: return "unknown mode";
      }
      break;
    case ST:
    case STX:
      if (k >= MEMORY) return "no such memory word";
      break;
    case ALU:
      if ((code & 0xf0) == 0x30 && (code & 8) == 0 && k == 0) return "division by zero";
      if ((code & 0xf0) > 0x80) return "unknown operation";
      break;
    case JMP:
      if ((code & 0xf0) > 0x40) return "unknown jump";
      if ((code & 0xf0) == 0 ? k >= left : program[i].jt >= left || program[i].jf >= left) return "a jump out of the program";
      break;
    case RET: case MISC: break;
    }
  }
  return (program[length - 1].code & 7) == RET ? NULL : "no return at the end";
}

static bool load(const uint8_t *packet, uint32_t captured, uint64_t at, unsigned size, uint32_t *into) {
  if (at + size > captured) return false;
  uint32_t value = 0;
  for (unsigned i = 0; i < size; i++) value = value << 8 | packet[at + i];
  *into = value;
  return true;
}

uint32_t bpf_run(const struct bpf_insn *program, const uint8_t *packet, uint32_t captured, uint32_t wire) {
  uint32_t a = 0, x = 0, memory[MEMORY] = {0};
  for (const struct bpf_insn *at = program;; at++) {
    uint32_t k = at->k;
    uint32_t operand = at->code & 8 ? x : k;
    unsigned size = (at->code & 0x18) == 0 ? 4 : (at->code & 0x18) == 8 ? 2 : 1;
    switch (at->code & 7) {
    case LD:
      switch (at->code & 0xe0) {
      case 0x00: a = k; break;
      case 0x20: if (!load(packet, captured, k, size, &a)) return 0; break;
      case 0x40: if (!load(packet, captured, (uint64_t)k + x, size, &a)) return 0; break;
      case 0x60: a = memory[k]; break;
      case 0x80: a = wire; break;
      }
      break;
    case LDX:
      switch (at->code & 0xe0) {
      case 0x00: x = k; break;
      case 0x60: x = memory[k]; break;
      case 0x80: x = wire; break;
      case 0xa0: if (!load(packet, captured, k, 1, &x)) return 0; x = (x & 15) << 2; break;
      }
      break;
    case ST: memory[k] = a; break;
    case STX: memory[k] = x; break;
    case ALU:
      switch (at->code & 0xf0) {
      case 0x00: a += operand; break;
      case 0x10: a -= operand; break;
      case 0x20: a *= operand; break;
      case 0x30: if (operand == 0) return 0; a /= operand; break;
      case 0x40: a |= operand; break;
      case 0x50: a &= operand; break;
      case 0x60: a <<= operand; break;
      case 0x70: a >>= operand; break;
      case 0x80: a = -a; break;
      }
      break;
    case JMP:
      switch (at->code & 0xf0) {
      case 0x00: at += k; break;
      case 0x10: at += a == operand ? at->jt : at->jf; break;
      case 0x20: at += a > operand ? at->jt : at->jf; break;
      case 0x30: at += a >= operand ? at->jt : at->jf; break;
      case 0x40: at += (a & operand) != 0 ? at->jt : at->jf; break;
      }
      break;
    case RET: return (at->code & 0x18) == 0x10 ? a : k;
    case MISC: if (at->code & 0x80) a = x; else x = a; break;
    }
  }
}
