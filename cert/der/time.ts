// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "./der_reader.ts";
import { TAG } from "./tag.ts";
import type { DerWriter } from "./der_writer.ts";
import { asciiOf } from "../base/bytes.ts";
import { NssError } from "../base/errors.ts";

/**
 * Reads a `Time` in the form that RFC 5280, Sections 4.1.2.5.1 and 4.1.2.5.2, requires: with
 * seconds, in UTC, with the final Z. GeneralizedTime before 2050 is accepted, as in every
 * implementation.
 *
 * @param reader The reader.
 * @param name The name of the field, for error messages.
 * @returns The time.
 * @throws {NssError} If it has any other form, or is not a valid date and time.
 */
export function readTime(reader: DerReader, name: string): Date {
  return reader.nextTag === TAG.generalizedTime
    ? readGeneralizedTime(reader, name)
    : readDigits(reader, name, TAG.utcTime, 2);
}

/**
 * Reads a GeneralizedTime in the form that RFC 5280, Section 4.1.2.5.2, requires.
 *
 * @param reader The reader.
 * @param name The name of the field, for error messages.
 * @param tag The tag, if it is implicit.
 * @returns The time.
 * @throws {NssError} If it has any other form, or is not a valid date and time.
 */
export function readGeneralizedTime(
  reader: DerReader,
  name: string,
  tag: number = TAG.generalizedTime,
): Date {
  return readDigits(reader, name, tag, 4);
}

function readDigits(reader: DerReader, name: string, tag: number, yearDigits: number): Date {
  const text = asciiOf(reader.content(name, tag)) ?? "";
  if (text.length !== yearDigits + 11 || !/^[0-9]+Z$/.test(text)) {
    reader.fail(name, `the time is not ${"Y".repeat(yearDigits)}MMDDHHMMSSZ`);
  }
  const number = (at: number) => Number(text.slice(yearDigits + at, yearDigits + at + 2));
  let year = Number(text.slice(0, yearDigits));
  // RFC 5280, Section 4.1.2.5.1: YY of 50 or more is 19YY
  if (yearDigits === 2) year += year >= 50 ? 1900 : 2000;
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (
    hour > 23 || minute > 59 || second > 59 || date.getUTCFullYear() !== year ||
    date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day
  ) {
    reader.fail(name, `${text} is no time of the calendar`);
  }
  return date;
}

/**
 * Writes a `Time`: UTCTime from 1950 through 2049, otherwise GeneralizedTime (RFC 5280, Section
 * 4.1.2.5).
 *
 * @param writer The writer.
 * @param time The time; fractions of a second are cut off.
 * @throws {NssError} `SEC_ERROR_INVALID_TIME` if the year is not between 1 and 9999.
 */
export function writeTime(writer: DerWriter, time: Date): void {
  const year = time.getUTCFullYear();
  if (year >= 1950 && year < 2050) writer.string(TAG.utcTime, digitsOf(time).slice(2));
  else writeGeneralizedTime(writer, time);
}

/**
 * Writes a GeneralizedTime.
 *
 * @param writer The writer.
 * @param time The time; fractions of a second are cut off.
 * @param tag The tag, if it is implicit.
 * @throws {NssError} `SEC_ERROR_INVALID_TIME` if the year is not between 1 and 9999.
 */
export function writeGeneralizedTime(
  writer: DerWriter,
  time: Date,
  tag: number = TAG.generalizedTime,
): void {
  writer.string(tag, digitsOf(time));
}

function digitsOf(time: Date): string {
  const year = time.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) {
    throw new NssError("SEC_ERROR_INVALID_TIME", "Cannot encode time: the year is not 1 to 9999");
  }
  // ISO 8601 has the same fields, with separators
  return `${time.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}

/**
 * Formats a time for an error message, also an invalid one.
 *
 * @param time The time.
 * @returns The time in ISO 8601, or `Invalid Date`.
 */
export function timeText(time: Date): string {
  return Number.isNaN(time.getTime()) ? String(time) : time.toISOString();
}
