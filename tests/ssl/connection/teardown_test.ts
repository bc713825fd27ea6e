// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { Teardown } from "../../../ssl/connection/teardown.ts";
import type { Transport } from "../../../ssl/connection/transports.ts";
import { failureOf, turns } from "../_support.ts";

const FIRST = new SslError("PR_IO_ERROR", "Cannot read: first");
const SECOND = new SslError("PR_END_OF_FILE_ERROR", "Cannot read: second");

/** A transport that notes how it is ended. */
function transportNoting(calls: string[], error?: Error): Transport {
  const end = async (how: string) => {
    calls.push(how);
    await turns(1);
    if (error !== undefined) throw error;
  };
  return {
    localAddr: null,
    remoteAddr: null,
    isRemote: false,
    read: () => Promise.resolve(null),
    write: () => Promise.resolve(),
    closeWrite: () => Promise.resolve(),
    close: () => end("close"),
    abort: () => end("abort"),
    setNoDelay: () => {},
    setKeepAlive: () => {},
    ref: () => {},
    unref: () => {},
  };
}

function teardown(): { teardown: Teardown; calls: string[] } {
  const calls: string[] = [];
  return { teardown: new Teardown(transportNoting(calls)), calls };
}

function thrownBy(run: () => void): SslError {
  return assertThrows(run, SslError);
}

Deno.test("Teardown.fail() has the alert sent, then closes the transport; the first error stays", async () => {
  const { teardown: end, calls } = teardown();
  const failing = end.fail(FIRST, async ({ message }) => {
    calls.push(`alert: ${message}`);
    await turns(1);
    calls.push("alert sent");
  });
  assertStrictEquals(end.error, FIRST);
  const never = () => {
    throw new Error("one alert is enough");
  };
  assertStrictEquals(await end.fail(SECOND, never), FIRST);
  end.break(SECOND);
  assertStrictEquals(await failing, FIRST);
  assertStrictEquals(await failureOf(end.unlessBroken(Promise.resolve())), FIRST);
  assertStrictEquals(thrownBy(() => end.throwUnlessOpen()), FIRST);
  // What broke it meanwhile did not wait for the alert.
  assertEquals(calls, ["alert: Cannot read: first", "abort", "alert sent"]);
});

Deno.test("Teardown.fail() wakes writers, and needs no transport that closes", async () => {
  const calls: string[] = [];
  const end = new Teardown(transportNoting(calls, new Error("cable cut")));
  const woken = end.writable.wait();
  assertStrictEquals(await end.fail(FIRST), FIRST);
  await woken;
  assertEquals(calls, ["close"]);
  const error = await failureOf(end.closeTransport());
  assertEquals(error.message, "Cannot close: the transport failed: cable cut");
});

Deno.test("Teardown.break() ends it at once, for whoever waits", async () => {
  const { teardown: end, calls } = teardown();
  const woken = end.writable.wait();
  const waiting = [1, 2].map(() => failureOf(end.unlessBroken(new Promise(() => {}))));
  end.break(FIRST);
  assertEquals(calls, ["abort"]);
  await woken;
  for (const failed of waiting) assertStrictEquals(await failed, FIRST);
  assertStrictEquals(await failureOf(end.unlessBroken(Promise.resolve())), FIRST);
  assertStrictEquals(await end.fail(SECOND), FIRST);
  await end.closeTransport();
  assertEquals(calls, ["abort"], "once");
});

Deno.test("Teardown knows whether its error has been thrown", async () => {
  const tellers: readonly ((end: Teardown) => unknown)[] = [
    (end) => end.fail(SECOND),
    (end) => thrownBy(() => end.throwIfFailed()),
    (end) => thrownBy(() => end.throwUnlessOpen()),
  ];
  for (const tell of tellers) {
    const { teardown: end } = teardown();
    end.throwIfUnreported(); // there is none
    end.break(FIRST);
    end.break(SECOND);
    assertStrictEquals(thrownBy(() => end.throwIfUnreported()), FIRST);
    assertStrictEquals(thrownBy(() => end.throwIfUnreported()), FIRST, "its own does not count");
    await tell(end);
    end.throwIfUnreported();
  }
});

Deno.test("Teardown is open until it is being closed, or fails", () => {
  const { teardown: end } = teardown();
  end.throwUnlessOpen();
  assertEquals([end.open, end.error], [true, null]);
  end.beginClosing();
  assertEquals([end.open, end.error], [false, null]);
  end.throwIfFailed(); // what was written is still leaving
  assertEquals(thrownBy(() => end.throwUnlessOpen()).name, "PR_BAD_DESCRIPTOR_ERROR");
  end.break(FIRST);
  end.beginClosing();
  assertStrictEquals(thrownBy(() => end.throwUnlessOpen()), FIRST);
});

Deno.test("Teardown.unlessBroken() gives what it waits for, and what is over does not hear of a later break", async () => {
  const { teardown: end } = teardown();
  assertEquals(await end.unlessBroken(Promise.resolve(1)), 1);
  assertStrictEquals(await failureOf(end.unlessBroken(Promise.reject(SECOND))), SECOND);
  const later = Promise.withResolvers<number>();
  const waiting = end.unlessBroken(later.promise);
  const failing = failureOf(end.unlessBroken(new Promise(() => {})));
  later.resolve(2);
  assertEquals(await waiting, 2);
  end.break(FIRST);
  assertEquals(await waiting, 2);
  assertStrictEquals(await failing, FIRST);
});
