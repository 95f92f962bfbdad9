waypost_fuzz(failover_dns_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/failover_dns_fuzz.cc SEES cli model
             CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/failover_dns)
