import tls from "node:tls";
import mysql, { type PoolOptions } from "npm:mysql2@3.24.6/promise";
import { connect, createSecureContext } from "@nss/nss/node";

Object.assign(tls, { connect, createSecureContext }); // mysql2 calls them

export const openPool = (options: PoolOptions, ca: string, cert?: string, key?: string) =>
  mysql.createPool({ ...options, ssl: { ca, cert, key, verifyIdentity: true } });
