"""Floor 1: untrusted bytes in, safe pictures out, decoded in a child process (K9).

The life of a picture. `box.MediaBox` runs in the server: it sniffs the first bytes (`formats`), opens the upload for
reading and three empty files for writing, and passes these four descriptors to a child over a socket (`letters`). The
child (`child`) walled itself in before it imported a decoder (`confinement`, `syscall_filter`): no network, no file by
name, no new process, bounded memory and time. It decodes (`decoding`), makes everything anew (`renditions`,
`blurhash`), and answers one letter. The server believes none of it: it checks the files itself, hashes and names them.

Owns: which formats exist, what is kept of a picture (its pixels) and what is not (everything else).
Never: touches the network, the database or the blob store; decodes in the server's own process. `box`, `pictures`,
`formats` and `errors` are the API and import no decoder; pyvips, Pillow and pillow-heif are loaded in the child only.
"""
