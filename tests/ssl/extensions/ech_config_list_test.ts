// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type EchConfig,
  encodeEchConfig,
  joinEchConfigs,
  parseEchConfigList,
} from "../../../ssl/extensions/ech_config_list.ts";
import { usableEchConfig, usableEchConfigs } from "../../../ssl/handshake/ech_configs.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { DecodeError } from "../../../ssl/wire/decode_error.ts";

const CONTENTS = {
  configId: 7,
  kem: 0x0020,
  publicKey: new Uint8Array(32).fill(9),
  cipherSuites: [{ kdf: 1, aead: 0x2222 }, { kdf: 1, aead: 1 }],
  maximumNameLength: 64,
  publicName: "public.test",
};
const GOOD = encodeEchConfig(CONTENTS);
const UNKNOWN = new Uint8Array([0xba, 0xdd, 0, 2, 1, 2]);

/** A configuration with extensions: their types and bodies. */
function withExtensions(...extensions: readonly (readonly [number, number])[]): Uint8Array {
  const bytes = extensions.flatMap(([type, length]) => [
    type >> 8,
    type & 0xff,
    0,
    length,
    ...new Uint8Array(length),
  ]);
  const config = new Uint8Array([...GOOD.subarray(0, -2), 0, bytes.length, ...bytes]);
  config[3]! += bytes.length;
  return config;
}

function only(config: Uint8Array): EchConfig {
  return parseEchConfigList(joinEchConfigs([config]))[0]!;
}

Deno.test("parseEchConfigList: unknown versions are kept, in their places", () => {
  const configs = parseEchConfigList(joinEchConfigs([UNKNOWN, GOOD, UNKNOWN]));
  assertEquals(configs.map(({ contents }) => contents?.configId), [undefined, 7, undefined]);
  assertEquals(configs.map(({ raw }) => raw), [UNKNOWN, GOOD, UNKNOWN]);
  assertEquals(configs[1]!.contents, { ...CONTENTS, extensionTypes: [] });
});

Deno.test("parseEchConfigList: no prefix of a list, and nothing behind it, is one", () => {
  const list = joinEchConfigs([GOOD, UNKNOWN]);
  for (let length = 0; length < list.length; length++) {
    assertThrows(() => parseEchConfigList(list.slice(0, length)), DecodeError);
  }
  assertThrows(() => parseEchConfigList(new Uint8Array([...list, 0])), DecodeError);
  assertThrows(() => parseEchConfigList(new Uint8Array(2)), DecodeError);
});

Deno.test("parseEchConfigList: no byte that is changed throws anything else than a DecodeError", () => {
  const list = joinEchConfigs([GOOD, UNKNOWN]);
  for (let at = 0; at < list.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff, list[at]! ^ 1]) {
      const changed = list.slice();
      changed[at] = value;
      try {
        parseEchConfigList(changed);
      } catch (error) {
        assert(error instanceof DecodeError, `${error}`);
      }
    }
  }
});

Deno.test("parseEchConfigList: an extension that comes twice is malformed", () => {
  assertThrows(() => only(withExtensions([1, 0], [1, 0])), DecodeError);
  assertEquals(only(withExtensions([1, 0], [2, 3])).contents!.extensionTypes, [1, 2]);
});

Deno.test("usableEchConfig: skips what it does not know, and says what that is", () => {
  const cases: readonly (readonly [Uint8Array, string | null])[] = [
    [GOOD, null],
    [withExtensions([0x7fff, 1]), null],
    [withExtensions([0x8000, 1]), "its mandatory extension 0x8000 is unknown"],
    [UNKNOWN, "version 0xbadd is unknown"],
    [
      encodeEchConfig({ ...CONTENTS, kem: 0x1111 }),
      "KEM 0x1111 or all of its cipher suites are not available here",
    ],
    [
      encodeEchConfig({ ...CONTENTS, cipherSuites: [{ kdf: 0x1111, aead: 1 }] }),
      "KEM 0x0020 or all of its cipher suites are not available here",
    ],
    [
      encodeEchConfig({ ...CONTENTS, publicKey: new Uint8Array(31) }),
      "its public key is not of KEM 0x0020",
    ],
    [
      encodeEchConfig({ ...CONTENTS, publicName: "no_name.test" }),
      'its public name "no_name.test" is no host name',
    ],
    [
      encodeEchConfig({ ...CONTENTS, publicName: "192.0.2.0x1" }),
      'its public name "192.0.2.0x1" is no host name',
    ],
  ];
  for (const [config, why] of cases) {
    const usable = usableEchConfig(only(config));
    assertEquals(typeof usable === "string" ? usable : null, why);
  }
});

Deno.test("usableEchConfigs: takes those that can be used, with the first suite that can", () => {
  const second = encodeEchConfig({ ...CONTENTS, configId: 8 });
  const usable = usableEchConfigs(joinEchConfigs([UNKNOWN, GOOD, UNKNOWN, second]));
  assertEquals(usable.map(({ contents }) => contents.configId), [7, 8]);
  assertEquals(usable[0]!.cipherSuite, { kdf: 1, aead: 1 });
  const error = assertThrows(
    () => usableEchConfigs(joinEchConfigs([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN])),
    SslError,
  );
  assert(error.message.includes("version 0xbadd is unknown; ...)"), error.message);
});
