#!/bin/sh
# Makes the certificates of the tests again, with other keys of the authorities: sh make.sh
# The signer's key is ../p256.pem. Everything is valid for a century, except for short.pem.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
signer=../p256.pem

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"; }

# issue NAME SUBJECT KEY ISSUER DAYS EXTENSIONS
issue() {
    printf '%s\n' "$6" > "$work/extensions"
    openssl req -new -key "$3" -subj "$2" -out "$work/request"
    if [ "$4" = self ]; then
        openssl x509 -req -in "$work/request" -signkey "$3" -days "$5" -extfile "$work/extensions" -out "$1.pem" 2> "$work/log"
    else
        openssl x509 -req -in "$work/request" -CA "$4.pem" -CAkey "$work/$4.key" -CAcreateserial -CAserial "$work/serial" \
            -days "$5" -extfile "$work/extensions" -out "$1.pem" 2> "$work/log"
    fi
}

century=36500
authority='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
leaf='keyUsage=critical,digitalSignature
extendedKeyUsage=codeSigning
subjectAltName=email:release@example.org,URI:https://example.org/releases'

for name in root other intermediate limited plain server; do key $name; done
openssl genpkey -algorithm ed25519 -out "$work/ed25519-root.key"
openssl genrsa -out "$work/rsa-root.key" 3072 2> "$work/log"
issue root '/CN=Test Root' "$work/root.key" self $century "$authority"
issue other '/CN=Test Root' "$work/other.key" self $century "$authority"
issue rsa-root '/CN=RSA Root' "$work/rsa-root.key" self $century "$authority"
issue ed25519-root '/CN=Ed25519 Root' "$work/ed25519-root.key" self $century "$authority"
issue intermediate '/CN=Test Authority' "$work/intermediate.key" root $century "$authority"
issue limited '/CN=Limited Authority' "$work/limited.key" root $century 'basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign'
issue below-limited '/CN=Test Authority' "$work/intermediate.key" limited $century "$authority"
issue plain '/CN=No Authority' "$work/plain.key" root $century 'basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature'
issue server '/CN=Server Authority' "$work/server.key" root $century "$authority
extendedKeyUsage=serverAuth"
issue leaf '/CN=Example Lab' $signer intermediate $century "$leaf"
issue short '/CN=Example Lab' $signer intermediate 1 "$leaf"
# As other tools make them: an authority by itself, with the name of its issuer.
issue self-issued '/CN=Test Authority' $signer intermediate $century "basicConstraints=critical,CA:TRUE
$leaf"
issue by-rsa '/CN=Example Lab' $signer rsa-root $century "$leaf"
issue by-ed25519 '/CN=Example Lab' $signer ed25519-root $century "$leaf"
issue by-plain '/CN=Example Lab' $signer plain $century "$leaf"
issue by-server '/CN=Example Lab' $signer server $century "$leaf"
issue for-servers '/CN=Example Lab' $signer intermediate $century 'keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth'
issue for-certificates '/CN=Example Lab' $signer intermediate $century 'keyUsage=critical,keyCertSign
extendedKeyUsage=codeSigning'
issue without-usage '/CN=Example Lab' $signer intermediate $century 'subjectKeyIdentifier=hash'
issue unknown-critical '/CN=Example Lab' $signer intermediate $century "$leaf
1.2.3.4=critical,ASN1:NULL"
issue unknown '/CN=Example Lab' $signer intermediate $century "$leaf
1.2.3.4=ASN1:NULL"
issue constrained '/CN=Test Authority' "$work/intermediate.key" root $century "$authority
nameConstraints=permitted;email:example.com"
issue self-signed '/CN=Example Lab' $signer self $century "$leaf"
