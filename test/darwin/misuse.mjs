// Calls the simulated libSystem as no program may: each is to be found in its report.

import koffi from 'koffi'

const library = koffi.load(process.env['NETOPROC_SIMULATOR'])
const open = library.func('int open(const char *path, int flags, ...)')
const ioctl = library.func('int ioctl(int fd, unsigned long request, ...)')
const read = library.func('intptr_t read(int fd, _Out_ uint8_t *into, size_t length)')
const socket = library.func('int socket(int domain, int type, int protocol)')
const getifaddrs = library.func('int getifaddrs(_Out_ uint64_t *list)')
const string = library.func(
  'uint64_t CFStringCreateWithCString(uint64_t allocator, const char *text, uint32_t encoding)',
)

const BIOCSETIF = 0x8020426c
const BIOCSETFNR = 0x8010427e
const BIOCFLUSH = 0x20004268
const BIOCGDLT = 0x4004426a
const SIOCIFCREATE = 0xc0206978

const bpf = open('/dev/bpf0', 0)
const request = Buffer.alloc(32)
request.write('en0')
ioctl(bpf, BIOCSETIF, 'void *', request)
ioctl(bpf, 0x8008427e, 'void *', Buffer.alloc(16))
ioctl(bpf, BIOCFLUSH, 'void *', null)
ioctl(bpf, 0xffffffff00000000n + BigInt(BIOCGDLT), 'void *', Buffer.alloc(4))
read(bpf, Buffer.alloc(100), 100)
read(bpf, Buffer.alloc(4096), 4096)
const instruction = Buffer.alloc(8)
const program = Buffer.alloc(16)
program.writeUInt32LE(1, 0)
program.writeBigUInt64LE(koffi.address(instruction), 8)
ioctl(bpf, BIOCSETFNR, 'void *', program)
const name = Buffer.alloc(32)
name.write('pktap')
ioctl(socket(2, 2, 0), SIOCIFCREATE, 'void *', name)
getifaddrs(new BigUint64Array(1))
string(0n, 'never released', 0x08000100)
