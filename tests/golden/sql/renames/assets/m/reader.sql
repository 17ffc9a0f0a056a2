SELECT two FROM m.heir
