# Debian's nginx with deploy/nginx, and what makes certificates. Built with deploy/ as its context.
ARG DEBIAN_IMAGE=docker.io/library/debian:12.11-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends nginx openssl curl ca-certificates dehydrated \
  && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled
COPY nginx /opt/adl/nginx
COPY compose/*.sh compose/redis.conf /opt/adl/compose/
RUN chmod -R u=rwX,go=rX /opt/adl && install -d -o www-data -g www-data /var/www/acme
ENV TZ=UTC
LABEL org.opencontainers.image.title="ADL proxy" \
  org.opencontainers.image.description="nginx in front of ADL" \
  org.opencontainers.image.licenses="MIT"
USER 33:33
EXPOSE 80 443
# nginx answers what it has begun.
STOPSIGNAL SIGQUIT
CMD ["/opt/adl/compose/nginx.sh"]
