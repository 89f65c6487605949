site-name = Genvej
site-skip = Gå til indholdet
site-foot = Ingen vil nogensinde ringe til dig og bede om en kode.
