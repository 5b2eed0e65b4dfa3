// One service's private way in: an endpoint in the virtual network, and the DNS zone that leads its name there.

@description('Name of the endpoint.')
@minLength(2)
@maxLength(64)
param endpointName string

@description('Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Resource that is reached.')
param resourceId string

@description('Which of its services: blob, queue, table, Sql or sites.')
@allowed([
  'blob'
  'queue'
  'table'
  'Sql'
  'sites'
])
param service string

@description('Private DNS zone of that service.')
param zoneName string

@description('Virtual network that the endpoint is in and that asks the zone.')
param networkName string

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' existing = {
  name: networkName
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2024-07-01' existing = {
  parent: network
  name: 'endpoints'
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: 'pipeline'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: endpointName
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnet.id
    }
    privateLinkServiceConnections: [
      {
        name: service
        properties: {
          privateLinkServiceId: resourceId
          groupIds: [
            service
          ]
        }
      }
    ]
  }
}

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = {
  parent: endpoint
  name: 'default'
  dependsOn: [
    link
  ]
  properties: {
    privateDnsZoneConfigs: [
      {
        name: service
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}
