import { assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { run } from "tendril";
import { SharedArray } from "../../src/threads/shared_array.ts";
import { encodeShared, isSharedHandle, reviveShared } from "../../src/threads/shared_registry.ts";
import { SharedValue, type ValueType } from "../../src/threads/shared_value.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

describe("SharedValue", () => {
  test("each type holds its values", () => {
    const int = new SharedValue("int32", -5);
    assertEquals([int.value, int.exchange(7), int.get(), int.compareExchange(7, 8), int.value], [
      -5,
      -5,
      7,
      7,
      8,
    ]);
    const max = new SharedValue("int32", 0x7fff_ffff);
    assertEquals([max.add(1), max.value], [0x7fff_ffff, -0x8000_0000]);
    const unsigned = new SharedValue("uint32", 0);
    assertEquals([unsigned.add(-1), unsigned.value], [0, 0xffff_ffff]);
    const big = new SharedValue("int64", 1n << 62n);
    assertEquals([big.add(1n), big.value], [1n << 62n, (1n << 62n) + 1n]);
    const float = new SharedValue("float64", 0.5);
    assertEquals([float.add(0.25), float.value], [0.5, 0.75]);
    float.value = NaN;
    assertEquals([float.compareExchange(NaN, 1), float.value], [NaN, 1]);
    const flag = new SharedValue("bool");
    assertEquals([flag.value, flag.compareExchange(false, true), flag.value], [false, false, true]);
    assertThrows(() => flag.add(true), TypeError, "a bool has no sum");
    assertThrows(() => int.set("1" as never), TypeError, "holds a number");
    assertThrows(() => new SharedValue("int64", 1 as never), TypeError, "holds a bigint");
    assertThrows(() => new SharedValue("int128" as ValueType), TypeError, "has no type");
    assertThrows(() => new SharedValue("int8" as ValueType), TypeError, "cannot be a int8");
  });

  test("adding is atomic", async () => {
    for (const type of ["int32", "float64", "int64"] as const) {
      const value = new SharedValue(type);
      const others = [thread("add", value, 2_000), thread("add", value, 2_000)];
      await Promise.all(others.map((other) => other.result));
      assertEquals(Number(value.value), 4_000);
    }
  }, { timeout: 30_000 });

  test("has a lock for more than one step", async () => {
    const value = new SharedValue("float64", 2);
    value.withLockSync(() => value.value = value.value * value.value);
    assertEquals(await run(() => value.withLock(() => value.value + 1)), 5);
    assertEquals(value.lock.locked, false);
  });
});

describe("SharedArray", () => {
  test("numbers of all types, by length or by content", () => {
    const zeros = new SharedArray("int16", 3);
    assertEquals([...zeros], [0, 0, 0]);
    zeros.view[1] = 70_000;
    assertEquals([zeros.view[1], zeros.length, zeros.type], [70_000 - 65_536, 3, "int16"]);
    assertEquals([...new SharedArray("uint64", [1n, 2n])], [1n, 2n]);
    assertEquals(
      new SharedArray("float32", new Float32Array([1.5])).view.buffer instanceof SharedArrayBuffer,
      true,
    );
    assertThrows(() => new SharedArray("int32", -1), RangeError);
    assertThrows(() => new SharedArray("int32", {} as never), TypeError, "needs a length or numbers");
    assertThrows(() => new SharedArray("float16" as never, 1), TypeError, "has no type");
    zeros.withLockSync(() => assertEquals(zeros.lock.locked, true));
  });
});

describe("handles of shared primitives", () => {
  test("stand for the instance, also by hand", () => {
    const value = new SharedValue("int32", 3);
    const handle = encodeShared(value);
    assertEquals(isSharedHandle(handle), true);
    assertStrictEquals(reviveShared(handle as never), value);
    assertStrictEquals(SharedValue.from(value.handle), value);
    assertEquals([encodeShared({}), encodeShared(null), isSharedHandle({ "~tendril": "Nothing" })], [
      undefined,
      undefined,
      false,
    ]);
    assertThrows(() => reviveShared({} as never), TypeError, "reviveShared needs");
    assertThrows(() => SharedArray.from(value.handle), TypeError, "not the handle of a SharedValue");
  });
});

testNoneBurns();
