# syntax=docker/dockerfile:1
# pixlake in a container:
#
#   docker build -t pixlake .
#   docker run --rm -v "$PWD/mnist:/data" pixlake mnist-to-delta --out /data
#
# The first stage is a bare Debian and the same `make` targets as anywhere else;
# the second has the finished archive alone.
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src

# Dependencies change less often than sources: a layer of their own.
COPY tools/setup.sh tools/setup.sh
COPY tools/setup tools/setup
COPY tests/requirements-build.txt tests/requirements.txt tests/
COPY bench/requirements.txt bench/
RUN tools/setup.sh --build

COPY . .
RUN make package \
 && mkdir -p /opt/pixlake \
 && tar -xzf dist/pixlake-*-linux-x86_64.tar.gz -C /opt/pixlake --strip-components=1

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 pixlake \
 && install -d -o pixlake -g pixlake /data
COPY --from=build /opt/pixlake /opt/pixlake
ENV PATH=/opt/pixlake/bin:$PATH
USER pixlake
WORKDIR /data
CMD ["pixlake", "--help"]
