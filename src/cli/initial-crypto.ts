// Node's cryptography for the decoder of QUIC's Initial packets.

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { InitialCrypto } from '../capture/decode/quic-initial.ts'

const TAG_LENGTH = 16

export const initialCrypto: InitialCrypto = {
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),

  aesBlock(key, block) {
    const cipher = createCipheriv('aes-128-ecb', key, null)
    cipher.setAutoPadding(false)
    return cipher.update(block)
  },

  openAesGcm(key, nonce, associated, sealed) {
    const decipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: TAG_LENGTH })
    decipher.setAAD(associated)
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH))
    const text = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH))
    try {
      decipher.final()
    } catch {
      // The tag does not fit: node has no other way to say so. It is not this client's packet.
      return undefined
    }
    return text
  },
}
