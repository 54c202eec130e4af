"""Floor 3: the wire to the fediverse: what we send, what comes in, who signed it. Spec: https://www.w3.org/TR/activitypub/"""
