// Copyright 2026 the NSS for Deno authors. MIT license.

// A PKCS#11 2.40 module for module_test.ts with one token, a certificate and its key, which
// misbehaves in the way that the environment variable HOSTILE_MODE names. HOSTILE_CERTIFICATE and
// HOSTILE_POINT are files: the certificate, and the CKA_EC_POINT of its P-256 key.
//
// cc -shared -fPIC -o hostile_module.so hostile_module.c

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long Ulong;
typedef unsigned char Byte;
typedef struct {
  Ulong type;
  void *value;
  Ulong length;
} Attribute;

enum {
  OK = 0,
  GENERAL_ERROR = 0x5,
  ATTRIBUTE_TYPE_INVALID = 0x12,
  DEVICE_ERROR = 0x30,
  FUNCTION_NOT_SUPPORTED = 0x54,
  KEY_HANDLE_INVALID = 0x60,
  MECHANISM_INVALID = 0x70,
  OPERATION_ACTIVE = 0x90,
  OPERATION_NOT_INITIALIZED = 0x91,
  SESSION_COUNT = 0xb1,
  SESSION_HANDLE_INVALID = 0xb3,
  BUFFER_TOO_SMALL = 0x150,
  NOT_INITIALIZED = 0x190,
  ALREADY_INITIALIZED = 0x191,
};

enum { CLASS = 0, LABEL = 3, VALUE = 0x11, KEY_TYPE = 0x100, ID = 0x102, EC_PARAMS = 0x180, EC_POINT = 0x181 };
enum { CERTIFICATE = 1, PUBLIC_KEY = 2, PRIVATE_KEY = 3 };
enum { ECDSA = 0x1041 };

static const Ulong SLOT = 7, BAD_SLOT = 6;
static char mode[64];
static Byte certificate[8192], point[256];
static Ulong certificate_length, point_length;
static int is_initialized, calls_until_longer;
static Ulong sessions;
static struct {
  Ulong wanted, found;
  int is_signing;
} states[64]; // of sessions, by their handles

#define STATE(session) states[(session) % 64]

static int is(const char *name) { return strcmp(mode, name) == 0; }

static void wait_ms(int ms) { usleep(1000 * ms); }

static Ulong initialize(void *args) {
  if (is("C_Initialize fails")) return GENERAL_ERROR;
  if (is_initialized) return ALREADY_INITIALIZED;
  is_initialized = 1;
  return OK;
}

static Ulong finalize(void *reserved) {
  if (is("C_Finalize is slow")) wait_ms(100);
  is_initialized = 0;
  return OK;
}

// Pads the texts of a structure with spaces, or with what a mode wants
static void fill(Byte *structure, Ulong length) {
  memset(structure, is("texts are 0xff") ? 0xff : is("texts have no end") ? 'A' : ' ', length);
}

static Ulong get_info(Byte *info) {
  if (is("C_GetInfo is slow")) wait_ms(20);
  fill(info, 88);
  info[0] = 2;
  info[1] = 40;
  return OK;
}

static Ulong list(Ulong *ids, Ulong *count, Ulong id, const char *kind) {
  char name[64];
#define OF_KIND(what) (snprintf(name, sizeof name, "%s: %s", kind, what), is(name))
  if (OF_KIND("2^60 of them")) return *count = 1UL << 60, OK;
  if (OF_KIND("2^64-1 of them")) return *count = ~0UL, OK;
  if (ids == NULL) return *count = 1, OK;
  if (OF_KIND("always one more")) return *count += 1, BUFFER_TOO_SMALL;
  if (OF_KIND("too small for ever")) return *count = 1, BUFFER_TOO_SMALL;
  if (OF_KIND("one more meanwhile") && calls_until_longer-- > 0) return *count = 2, BUFFER_TOO_SMALL;
  if (*count < 1) return BUFFER_TOO_SMALL;
  ids[0] = id;
  *count = OF_KIND("more than there is room") ? 100 : OF_KIND("more than 2^32 afterwards") ? 5000000000UL : 1;
  return OK;
}

static Ulong get_slot_list(Byte present, Ulong *ids, Ulong *count) {
  if (!is("one of two slots fails")) return list(ids, count, SLOT, "slots");
  if (ids != NULL) ids[0] = BAD_SLOT, ids[1] = SLOT;
  *count = 2;
  return OK;
}

static Ulong get_slot_info(Ulong slot, Byte *info) {
  if (!is_initialized) return NOT_INITIALIZED;
  if (slot == BAD_SLOT) return DEVICE_ERROR;
  if (is("descriptions are slow") || is("one of two slots fails")) wait_ms(20);
  fill(info, 96);
  *(Ulong *)(info + 96) = 1; // CKF_TOKEN_PRESENT
  memset(info + 104, 0, 8);
  return OK;
}

static Ulong get_token_info(Ulong slot, Byte *info) {
  static const char escapes[] = "\x1b]0;owned\x07\x1b[2J\r\nx";
  if (is("descriptions are slow") || is("one of two slots fails")) wait_ms(20);
  if (!is_initialized) return NOT_INITIALIZED;
  if (is("C_GetTokenInfo fails")) return DEVICE_ERROR;
  fill(info, 96);
  if (!is("texts are 0xff") && !is("texts have no end")) memcpy(info, "hostile", 7);
  if (is("the label has escapes")) memcpy(info, escapes, sizeof escapes - 1);
  *(Ulong *)(info + 96) = 0x400 | 0x8; // CKF_TOKEN_INITIALIZED, CKF_USER_PIN_INITIALIZED
  if (is("a login is needed and fails") || is("a login is needed and returns 2^64-1")) *(Ulong *)(info + 96) |= 0x4;
  memset(info + 104, is("texts are 0xff") ? 0xff : 0, 104);
  return OK;
}

static Ulong get_mechanism_list(Ulong slot, Ulong *ids, Ulong *count) { return list(ids, count, ECDSA, "mechanisms"); }

static Ulong get_mechanism_info(Ulong slot, Ulong mechanism, Ulong *info) {
  if (is("descriptions are slow")) wait_ms(20);
  if (is("C_GetMechanismInfo fails")) return MECHANISM_INVALID;
  info[0] = 256;
  info[1] = is("texts are 0xff") ? ~0UL : 521;
  info[2] = 0x800 | 0x10000; // CKF_SIGN, CKF_GENERATE_KEY_PAIR
  return OK;
}

static Ulong open_session(Ulong slot, Ulong flags, void *application, void *notify, Ulong *handle) {
  if (is("C_OpenSession fails")) return SESSION_COUNT;
  *handle = is("handles are 2^64-1") ? ~0UL : ++sessions;
  return OK;
}

static Ulong close_session(Ulong handle) {
  STATE(handle).is_signing = 0;
  return is("C_CloseSession fails") ? SESSION_HANDLE_INVALID : OK;
}

static Ulong login(Ulong session, Ulong user, Byte *pin, Ulong length) {
  return is("a login is needed and fails") ? 0xdeadbeefUL : is("a login is needed and returns 2^64-1") ? ~0UL : OK;
}

static Ulong find_objects_init(Ulong session, Attribute *template, Ulong count) {
  STATE(session).found = 0;
  STATE(session).wanted = ~0UL;
  for (Ulong i = 0; i < count; i++)
    if (template[i].type == CLASS) STATE(session).wanted = *(Ulong *)template[i].value;
  return is("C_FindObjectsInit fails") ? DEVICE_ERROR : OK;
}

// Handles are classes
static Ulong find_objects(Ulong session, Ulong *handles, Ulong max, Ulong *count) {
  if (is("C_FindObjects is slow")) wait_ms(5);
  if (is("C_FindObjects fails")) return DEVICE_ERROR;
  if (is("a search has no end")) {
    for (Ulong i = 0; i < max; i++) handles[i] = CERTIFICATE;
    return *count = max, OK;
  }
  if (STATE(session).found++) return *count = 0, OK;
  const Ulong wanted = STATE(session).wanted;
  for (Ulong i = 0; i < max; i++) handles[i] = i == 0 ? wanted : 1000 + i;
  *count = wanted > PRIVATE_KEY ? 0 : is("a search finds 2^64-1 objects") ? ~0UL : 1;
  return OK;
}

static Ulong find_objects_final(Ulong session) { return is("C_FindObjectsFinal fails") ? DEVICE_ERROR : OK; }

static Ulong give(Attribute *attribute, const void *value, Ulong length) {
  if (attribute->value == NULL) return attribute->length = length, OK;
  if (attribute->length < length) return attribute->length = ~0UL, BUFFER_TOO_SMALL;
  memcpy(attribute->value, value, length);
  attribute->length = length;
  return OK;
}

static Ulong get_attribute(Ulong object, Attribute *attribute) {
  static Byte big[1 << 20];
  const int asks = attribute->value == NULL;
  Ulong type = KEY_TYPE, ec = 3;
  if (is("attributes of 2^62 bytes")) return attribute->length = 1UL << 62, OK;
  if (is("attributes of 2 GiB")) return attribute->length = 1UL << 31, OK;
  if (is("attributes of 16 MiB that are not written") && asks) return attribute->length = 1UL << 24, OK;
  if (is("attributes grow to 2^40 bytes")) return attribute->length = asks ? 8 : 1UL << 40, OK;
  if (is("attributes shrink")) return attribute->length = asks ? 4000 : 1, OK;
  if (is("the attributes' pointers are changed")) attribute->value = (void *)0x41414141, attribute->length = 8;
  if (is("the attributes' pointers are changed")) return OK;
  type = attribute->type;
  if (is("the attributes' types are changed")) attribute->type = 0x99;
  switch (type) {
    case CLASS:
      return give(attribute, &object, 8);
    case LABEL:
      if (is("a label of 1 MiB")) return memset(big, 0xfe, sizeof big), give(attribute, big, sizeof big);
      if (is("labels are no UTF-8")) return give(attribute, "\xff\xfe\xfdlabel", 8);
      return give(attribute, "label", 5);
    case VALUE:
      if (is("a certificate of no bytes")) return give(attribute, "", 0);
      if (is("a certificate of noise")) return memset(big, 0x30, 600), give(attribute, big, 600);
      return give(attribute, certificate, certificate_length);
    case KEY_TYPE:
      return give(attribute, &ec, is("a key type of 3 bytes") ? 3 : 8);
    case ID:
      return give(attribute, "id", 2);
    case EC_PARAMS: // prime256v1
      return give(attribute, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
    case EC_POINT:
      if (is("a point that is none")) return give(attribute, "\x04\x01\x04", 3);
      return give(attribute, point, point_length);
  }
  attribute->length = ~0UL;
  return ATTRIBUTE_TYPE_INVALID;
}

static Ulong get_attribute_value(Ulong session, Ulong object, Attribute *attributes, Ulong count) {
  Ulong result = OK;
  if (is("C_GetAttributeValue fails")) return DEVICE_ERROR;
  for (Ulong i = 0; i < count; i++) {
    const Ulong value = get_attribute(object, attributes + i);
    if (value != OK) result = value;
  }
  return result;
}

static Ulong sign_init(Ulong session, void *mechanism, Ulong key) {
  if (is("C_SignInit fails")) return KEY_HANDLE_INVALID;
  if (STATE(session).is_signing) return OPERATION_ACTIVE;
  STATE(session).is_signing = 1;
  return OK;
}

static Ulong sign(Ulong session, void *data, Ulong data_length, Byte *signature, Ulong *length) {
  if (!STATE(session).is_signing) return OPERATION_NOT_INITIALIZED;
  if (is("a signature that is always too long")) return *length = 60000, BUFFER_TOO_SMALL;
  if (is("a signature that needs 2^50 bytes")) return *length = 1UL << 50, BUFFER_TOO_SMALL;
  STATE(session).is_signing = 0;
  if (is("C_Sign is slow")) wait_ms(50);
  memset(signature, 0x42, 64);
  *length = is("a signature of 2^64-1 bytes") ? ~0UL
    : is("a signature longer than its room") ? *length + 1
    : is("a signature of no bytes") ? 0
    : is("a signature of 3 bytes") ? 3
    : is("a signature of 66 bytes") ? 66
    : 64;
  return OK;
}

static Ulong not_supported(void) { return FUNCTION_NOT_SUPPORTED; }

static struct {
  Byte version[2];
  void *functions[104];
} functions;

static Ulong read_file(const char *variable, Byte *bytes, Ulong size) {
  const char *path = getenv(variable);
  FILE *file = path == NULL ? NULL : fopen(path, "rb");
  if (file == NULL) return 0;
  const Ulong length = fread(bytes, 1, size, file);
  fclose(file);
  return length;
}

Ulong C_GetFunctionList(void **out) {
  const char *name = getenv("HOSTILE_MODE");
  strncpy(mode, name == NULL ? "" : name, sizeof mode - 1);
  certificate_length = read_file("HOSTILE_CERTIFICATE", certificate, sizeof certificate);
  point_length = read_file("HOSTILE_POINT", point, sizeof point);
  calls_until_longer = 1;
  if (is("C_GetFunctionList fails")) return GENERAL_ERROR;
  if (is("C_GetFunctionList gives NULL")) return *out = NULL, OK;
  if (is("C_GetFunctionList gives nothing")) return OK;
  functions.version[0] = is("version 9") ? 9 : 2;
  functions.version[1] = 40;
  for (int i = 0; i < 104; i++) functions.functions[i] = is("only C_Initialize and C_Finalize") ? NULL : not_supported;
  functions.functions[0] = initialize;
  functions.functions[1] = finalize;
  if (is("no functions")) memset(functions.functions, 0, sizeof functions.functions);
  *out = &functions;
  if (is("no functions") || is("only C_Initialize and C_Finalize")) return OK;
  functions.functions[2] = get_info;
  functions.functions[4] = get_slot_list;
  functions.functions[5] = get_slot_info;
  functions.functions[6] = get_token_info;
  functions.functions[7] = get_mechanism_list;
  functions.functions[8] = get_mechanism_info;
  functions.functions[12] = open_session;
  functions.functions[13] = close_session;
  functions.functions[18] = login;
  functions.functions[24] = get_attribute_value;
  functions.functions[26] = find_objects_init;
  functions.functions[27] = is("C_FindObjects is NULL") ? NULL : (void *)find_objects;
  functions.functions[28] = find_objects_final;
  functions.functions[42] = sign_init;
  functions.functions[43] = sign;
  return OK;
}
