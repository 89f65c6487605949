site-name = Genvej
site-skip = Skip to the content
site-foot = Nobody will ever call you and ask for a code.
