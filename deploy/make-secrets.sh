#!/bin/sh
# Makes the secrets that docker-compose.yml names, where they are not there yet. Nobody but you can enter the folder;
# the files themselves are readable, since Docker shows them to each container's own user with the rights they have.
set -eu
umask 022
folder=$(cd "$(dirname "$0")" && pwd)/secrets
mkdir -p "$folder"
chmod 700 "$folder"

file=$folder/postgres-password
if [ -s "$file" ]; then
  echo "$file is there already."
else
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$file.new"
  mv "$file.new" "$file"
  echo "$file has been made. Keep it: the database knows no other password."
fi
