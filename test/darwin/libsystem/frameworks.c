// As much of CoreFoundation and SystemConfiguration as the dynamic store is read with. Every object counts its references.
//
//   service ID [iface=en0] [servers=A,B] [domains=A,B] [set-servers=A,B] [number]   a network service; `number` adds a value of
//                                                                                   another type
//   error SCDynamicStoreCreate ENOENT                                               configd does not answer

#include "kernel.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { STRING = 7, ARRAY = 19, DICTIONARY = 18, STORE = 100, NUMBER = 22 };

struct object {
  enum type type;
  int references;
  char *text;
  struct object **keys, **values;
  long count;
};

#define MAX_KEYS 256
static struct {
  char key[256];
  struct object *value;
} store[MAX_KEYS];
static int stored;
static long alive;

static struct object *create(enum type type) {
  struct object *object = calloc(1, sizeof *object);
  object->type = type;
  object->references = 1;
  alive++;
  return object;
}

static struct object *string(const char *text) {
  struct object *object = create(STRING);
  object->text = strdup(text);
  return object;
}

static void let_go(struct object *object) {
  if (--object->references > 0) return;
  for (long i = 0; i < object->count; i++) {
    if (object->keys != NULL) let_go(object->keys[i]);
    if (object->type != ARRAY || object->text != NULL) let_go(object->values[i]);
  }
  free(object->keys);
  free(object->values);
  free(object->text);
  free(object);
  alive--;
}

static void put(struct object *dictionary, struct object *key, struct object *value) {
  dictionary->keys = realloc(dictionary->keys, (dictionary->count + 1) * sizeof(void *));
  dictionary->values = realloc(dictionary->values, (dictionary->count + 1) * sizeof(void *));
  dictionary->keys[dictionary->count] = key;
  dictionary->values[dictionary->count++] = value;
}

/** An array that keeps its values, as configd's do. */
static struct object *strings(const char *list) {
  struct object *array = create(ARRAY);
  array->text = strdup("keeps");
  char *copy = strdup(list), *rest = copy;
  for (char *each; (each = strsep(&rest, ",")) != NULL;) {
    array->values = realloc(array->values, (array->count + 1) * sizeof(void *));
    array->values[array->count++] = string(each);
  }
  free(copy);
  return array;
}

static void entry(const char *kind, const char *id, const char *name, struct object *value) {
  snprintf(store[stored].key, sizeof store->key, "%s:/Network/Service/%s/%s", kind, id, name);
  store[stored++].value = value;
}

static void service_line(int argc, char **argv) {
  if (argc < 2 || stored + 3 > MAX_KEYS) scenario_error("service ID");
  const char *iface = word(argc, argv, "iface", NULL), *servers = word(argc, argv, "servers", NULL);
  const char *domains = word(argc, argv, "domains", NULL), *set = word(argc, argv, "set-servers", NULL);
  if (iface != NULL) {
    struct object *ipv4 = create(DICTIONARY);
    put(ipv4, string("InterfaceName"), string(iface));
    entry("State", argv[1], "IPv4", ipv4);
  }
  struct object *dns = create(DICTIONARY);
  if (servers != NULL) put(dns, string("ServerAddresses"), strings(servers));
  if (domains != NULL) put(dns, string("SearchDomains"), strings(domains));
  put(dns, string("SearchOrder"), create(NUMBER));
  entry("State", argv[1], "DNS", dns);
  if (set != NULL) {
    struct object *setup = create(DICTIONARY);
    put(setup, string("ServerAddresses"), strings(set));
    entry("Setup", argv[1], "DNS", setup);
  }
}

#define ENTER boot(); lock()
#define LEAVE(value)                  \
  do {                                \
    __typeof__(value) result = value; \
    unlock();                         \
    return result;                    \
  } while (0)

void CFRelease(struct object *object) {
  ENTER;
  if (object == NULL || object->references < 1) misuse("CFRelease of NULL or of what was released");
  else let_go(object);
  unlock();
}

unsigned long CFGetTypeID(const struct object *object) { return object->type; }
unsigned long CFStringGetTypeID(void) { return STRING; }
unsigned long CFArrayGetTypeID(void) { return ARRAY; }
unsigned long CFDictionaryGetTypeID(void) { return DICTIONARY; }

struct object *CFStringCreateWithCString(void *allocator, const char *text, uint32_t encoding) {
  ENTER;
  if (allocator != NULL || encoding != 0x08000100) misuse("CFStringCreateWithCString with encoding %#x", encoding);
  LEAVE(string(text));
}

uint8_t CFStringGetCString(const struct object *object, char *into, long size, uint32_t encoding) {
  ENTER;
  bool fits = object->type == STRING && encoding == 0x08000100 && (long)strlen(object->text) < size;
  if (object->type != STRING) misuse("CFStringGetCString of another type");
  if (fits) strcpy(into, object->text);
  LEAVE((uint8_t)fits);
}

struct object *CFArrayCreate(void *allocator, struct object **values, long count, const void *callbacks) {
  ENTER;
  if (allocator != NULL || callbacks != NULL) misuse("CFArrayCreate");
  struct object *array = create(ARRAY);
  array->values = malloc(count * sizeof *values);
  memcpy(array->values, values, count * sizeof *values);
  array->count = count;
  LEAVE(array);
}

long CFArrayGetCount(const struct object *object) { return object->count; }

struct object *CFArrayGetValueAtIndex(const struct object *object, long index) {
  ENTER;
  if (index < 0 || index >= object->count) misuse("CFArrayGetValueAtIndex(%ld) of %ld", index, object->count);
  LEAVE(object->values[index]);
}

long CFDictionaryGetCount(const struct object *object) { return object->count; }

void CFDictionaryGetKeysAndValues(const struct object *object, struct object **keys, struct object **values) {
  ENTER;
  memcpy(keys, object->keys, object->count * sizeof *keys);
  memcpy(values, object->values, object->count * sizeof *values);
  unlock();
}

struct object *SCDynamicStoreCreate(void *allocator, struct object *name, void *callout, void *context) {
  ENTER;
  if (allocator != NULL || name == NULL || callout != NULL || context != NULL) misuse("SCDynamicStoreCreate");
  LEAVE(injected("SCDynamicStoreCreate") != 0 ? (struct object *)NULL : create(STORE));
}

struct object *SCDynamicStoreCopyMultiple(struct object *of, struct object *keys, struct object *patterns) {
  ENTER;
  if (of == NULL || of->type != STORE || keys != NULL) misuse("SCDynamicStoreCopyMultiple");
  struct object *found = create(DICTIONARY);
  for (long p = 0; p < patterns->count; p++) {
    // A key must match from its first to its last character.
    char pattern[1024];
    snprintf(pattern, sizeof pattern, "^(%s)$", patterns->values[p]->text);
    regex_t regex;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) misuse("pattern %s", pattern);
    for (int i = 0; i < stored; i++) {
      if (regexec(&regex, store[i].key, 0, NULL, 0) != 0) continue;
      store[i].value->references++;
      put(found, string(store[i].key), store[i].value);
    }
    regfree(&regex);
  }
  LEAVE(found);
}

static void end(void) {
  for (int i = 0; i < stored; i++) let_go(store[i].value);
  if (alive != 0) misuse("%ld CoreFoundation objects were never released", alive);
}

__attribute__((constructor)) static void register_frameworks(void) {
  register_line("service", service_line);
  register_end(end);
}
