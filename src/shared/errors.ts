/** Every way a request can fail. `retry`: may the same request succeed later? `message` is sent as it is, without any input. */
export const ERRORS = {
  overloaded: { status: 503, retry: true, message: 'The server is busy. Try again in a moment.' },
  unavailable: { status: 503, retry: true, message: 'The server cannot store anything right now.' },
  rateLimited: { status: 429, retry: true, message: 'Too fast.' },
  internal: { status: 500, retry: true, message: 'Something went wrong on the server.' },
  badFrame: { status: 400, retry: false, message: 'This is not a frame of protocol version 2.' },
  badRequest: { status: 400, retry: false, message: 'This request is malformed.' },
  tooBig: { status: 413, retry: false, message: 'This is too long.' },
  forbidden: { status: 403, retry: false, message: 'You are not allowed to do this.' },
  noRoom: { status: 404, retry: false, message: 'This room does not exist or is not open to you.' },
  notFound: { status: 404, retry: false, message: 'Not found.' },
  notMember: { status: 403, retry: false, message: 'Join the room first.' },
  readOnly: { status: 403, retry: false, message: 'This room is read-only.' },
  nonceReused: { status: 409, retry: false, message: 'This nonce was used before with different content.' },
  gone: { status: 410, retry: false, message: 'That message no longer exists.' },
  unauthenticated: { status: 401, retry: false, message: 'Choose a name first.' },
  nameTaken: { status: 409, retry: false, message: 'This name is taken.' },
  nameInvalid: { status: 422, retry: false, message: 'This name cannot be used.' },
  signedIn: { status: 409, retry: false, message: 'You are signed in already.' },
  roomTaken: { status: 409, retry: false, message: 'A room with this name already exists.' },
  roomInvalid: { status: 422, retry: false, message: 'This room cannot be created.' },
  unsupported: { status: 415, retry: false, message: 'The request body must be JSON.' },
  wrongHost: {
    status: 421,
    retry: false,
    message: 'This server is not set up for this host name. Set PUBLIC_URL to the address people use.',
  },
} as const satisfies Record<string, { status: number; retry: boolean; message: string }>

export type ErrorCode = keyof typeof ERRORS

/** What can be wrong with the name of a person or a room. Only the server knows `reserved`. */
const NAME_REASONS = ['empty', 'long', 'characters', 'marks', 'mixed', 'reserved'] as const

/** Every `reason`, by the code that it explains. A closed list, so that a client can translate each. */
export const REASONS = {
  nameInvalid: NAME_REASONS,
  /** `kind`: only public rooms can be created */
  roomInvalid: [...NAME_REASONS, 'kind'],
  /** `topic`: the room's topic is too long; with no reason, the request itself is too long */
  tooBig: ['topic'],
  /** `newGuests`: too many new guests from this network; with no reason, too many requests */
  rateLimited: ['newGuests'],
} as const satisfies Partial<Record<ErrorCode, readonly string[]>>

export type NameFault = (typeof NAME_REASONS)[number]
export type ErrorReason = (typeof REASONS)[keyof typeof REASONS][number]

/** What an error holds beside its code and message. */
export interface ErrorDetails {
  reason?: ErrorReason
  /** a free name for the person or the room instead */
  suggestion?: string
  /** ms to wait before the same request can succeed */
  after?: number
}

/** Thrown on purpose. Any other error is a bug, and its message is not sent to the client. */
export class ChatError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string = ERRORS[code].message,
    readonly details: ErrorDetails = {},
  ) {
    super(message)
  }
}

/** Why a socket was closed. Below 4500 the client reconnects by itself, from 4500 on it does not. */
export const CLOSE = {
  goingAway: 1001,
  binary: 1003,
  restart: 1012,
  overloaded: 1013,
  badFrames: 4400,
  noHello: 4408,
  slowReader: 4413,
  flood: 4429,
  noSession: 4501,
  banned: 4503,
  tooMany: 4509,
  version: 4510,
} as const
