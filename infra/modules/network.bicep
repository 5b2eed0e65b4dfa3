// The virtual network of private networking: a subnet that the app calls from, one that private endpoints are in.

@description('Name of the virtual network.')
@minLength(2)
@maxLength(64)
param networkName string

@description('Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('First three numbers of the addresses in the network, a /24.')
@minLength(5)
@maxLength(11)
param prefix string

// Without rules of its own it has Azure's: in comes what is sent from the network itself and those joined to it.
resource guard 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: 'nsg-${networkName}'
  location: location
  tags: tags
  properties: {
    securityRules: []
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: networkName
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        '${prefix}.0/24'
      ]
    }
    // Here, not as resources of their own: a second deployment would take those out and put them back.
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '${prefix}.0/26'
          // Telemetry goes to public addresses.
          defaultOutboundAccess: true
          networkSecurityGroup: {
            id: guard.id
          }
          // Needs the resource provider Microsoft.App in the subscription: az provider register --namespace Microsoft.App
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '${prefix}.64/26'
          networkSecurityGroup: {
            id: guard.id
          }
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
        }
      }
    ]
  }
}
