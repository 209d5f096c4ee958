# Sourced by run --lan, after tools/setup.sh: HTTPS for trials in one's own network, with a certificate authority of
# one's own.  Telephones give position, an own key and pages without a network to HTTPS only.
# shellcheck shell=bash
LAN=build/lan
LAN_HTTPS=8443 # the page
LAN_HTTP=8081  # the certificate of the authority, for telephones; everything else is sent to HTTPS

# lan_addresses: of this machine, IPv4, one a line
lan_addresses()
{
    hostname -I | tr ' ' '\n' | grep -E '^[0-9.]+$' || true
    echo 127.0.0.1
}

# The authority may speak for private addresses only, so that a stolen key opens nothing else.
lan_authority()
{
    [ -e "$LAN/ca.key" ] && openssl x509 -in "$LAN/ca.crt" -checkend 2592000 >/dev/null 2>&1 && return 0
    rm -f "$LAN"/*
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 800 \
        -subj "/CN=Bihuan trial $(hostname)" -keyout "$LAN/ca.key" -out "$LAN/ca.crt" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign \
        -addext "nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0,permitted;IP:172.16.0.0/255.240.0.0,\
permitted;IP:192.168.0.0/255.255.0.0,permitted;IP:127.0.0.0/255.0.0.0,permitted;DNS:localhost" 2>/dev/null
}

# lan_certificate ADDRESS...: build/lan/ca.crt for telephones, build/lan/bihuan.pem for HAProxy
lan_certificate()
{
    local names="DNS:localhost" address
    for address in "$@"; do names+=",IP:$address"; done
    mkdir -p "$LAN" && chmod 700 "$LAN"
    lan_authority
    [ "$(cat "$LAN/names" 2>/dev/null)" = "$names" ] &&
        openssl x509 -in "$LAN/bihuan.crt" -checkend 604800 >/dev/null 2>&1 && return 0
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=Bihuan" \
        -keyout "$LAN/bihuan.key" -out "$LAN/bihuan.csr" 2>/dev/null
    openssl x509 -req -in "$LAN/bihuan.csr" -CA "$LAN/ca.crt" -CAkey "$LAN/ca.key" -CAcreateserial -days 390 \
        -out "$LAN/bihuan.crt" 2>/dev/null -extfile <(printf '%s\n' "subjectAltName=$names" \
        "extendedKeyUsage=serverAuth" "basicConstraints=CA:FALSE" "keyUsage=critical,digitalSignature")
    cat "$LAN/bihuan.crt" "$LAN/bihuan.key" >"$LAN/bihuan.pem"
    echo "$names" >"$LAN/names"
}

# lan_proxy PORT: the shipped configuration with these ports and this certificate
lan_proxy()
{
    sed -e "s|/etc/haproxy/bihuan.pem|$PWD/$LAN/bihuan.pem|" -e "s|127.0.0.1:8080|127.0.0.1:$1|" \
        -e "s|bind :443|bind :$LAN_HTTPS|" -e "s|bind :80\$|bind :$LAN_HTTP|" -e '/^    user haproxy/d' \
        -e '/^    group haproxy/d' -e '/log \/dev\/log/d' -e '/^    log global/d' -e '/option httplog/d' \
        -e "s|maxconn 10000|maxconn 2000|" \
        -e "s|http-request redirect scheme https code 308|http-request return status 200 content-type \
application/x-x509-ca-cert file $PWD/$LAN/ca.crt if { path /ca.crt }\n    http-request redirect location \
https://%[hdr(host),field(1,:)]:$LAN_HTTPS%[path] code 308|" conf/haproxy.cfg >"$LAN/haproxy.cfg"
}

# lan_say ADDRESS: two codes to be scanned, first the certificate, then the page
lan_say()
{
    say "1. 手机先扫码装证书（只装一次；iPhone 还要在“设置-通用-关于本机-证书信任设置”里打开）"
    say "   first the certificate of this trial, once: http://$1:$LAN_HTTP/ca.crt"
    qrencode -t ansiutf8 "http://$1:$LAN_HTTP/ca.crt"
    say "2. 再扫码打开  then the page: https://$1:$LAN_HTTPS"
    qrencode -t ansiutf8 "https://$1:$LAN_HTTPS"
}
