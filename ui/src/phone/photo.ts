/* A picture as it is sent: at most 1600 pixels wide or high, drawn anew, so without the place and the device that
 * cameras write into it. */
import { uuid7 } from '../api'
import type { OutFile } from '../offline/outbox'

const MOST = 1600

async function drawn(file: File): Promise<Blob> {
    const image = await createImageBitmap(file)
    const scale = Math.min(1, MOST / Math.max(image.width, image.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(image.width * scale)
    canvas.height = Math.round(image.height * scale)
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    image.close()
    const blob = await new Promise<Blob | null>((yes) => canvas.toBlob(yes, 'image/jpeg', 0.8))
    if (!blob) throw new Error('canvas')
    return blob
}

/* What is no picture, or one that this browser cannot draw, goes as it is. */
export async function asFile(file: File): Promise<OutFile> {
    const blob = file.type.startsWith('image/') ? await drawn(file).catch(() => file) : file
    const name = blob === file ? file.name : `${file.name.replace(/\.\w+$/, '')}.jpg`
    return { id: uuid7(), name, blob }
}
